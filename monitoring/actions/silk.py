"""Sessions of django-silk: the next requests of one operation, then no more."""

from __future__ import annotations

from typing import Any, Final

from django.utils import timezone

from monitoring.errors import ActionError, NotFoundError
from monitoring.store.models import OperationKey, SilkSession

from .audit import audited, name_of

MAX_REQUESTS: Final = 1_000


def start_silk(*, user: Any, operation: str, requests: int = 10, request_id: str = "") -> SilkSession:
    """Let silk record the next `requests` requests of an operation, by its name.

    One that runs for the operation already is left as it is. Raises NotFoundError for an operation that
    never ran, ActionError for one that is no request, or too many requests.
    """
    with audited(user, "run_silk", "start_silk", operation, request_id=request_id, requests=requests):
        if not 1 <= requests <= MAX_REQUESTS:
            raise ActionError(f"A session records 1 to {MAX_REQUESTS} requests, not {requests}.")
        _check(operation)
        running = SilkSession.objects.filter(operation=operation, stopped_at=None).first()
        if running is not None:
            return running
        return SilkSession.objects.create(
            operation=operation, requests=requests, started_at=timezone.now(), by=name_of(user)
        )


def stop_silk(*, user: Any, session: int, request_id: str = "") -> SilkSession:
    """End a session. Twice is once. Raises NotFoundError where there is none of that number."""
    with audited(user, "run_silk", "stop_silk", str(session), request_id=request_id):
        found = SilkSession.objects.select_for_update().filter(pk=session).first()
        if found is None:
            raise NotFoundError(f"There is no silk session {session}: the operation's page shows what runs.")
        if found.stopped_at is None:
            found.stopped_at = timezone.now()
            found.save(update_fields=["stopped_at"])
        return found


def _check(operation: str) -> None:
    kinds = set(OperationKey.objects.filter(name=operation).values_list("kind", flat=True))
    if not kinds:
        raise NotFoundError(
            f"No operation {operation!r} has run yet: take a name from the list of endpoints."
        )
    if "request" not in kinds:
        raise ActionError(f"{operation} is a {min(kinds)}: silk records requests only.")
