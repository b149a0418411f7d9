"""The recorder's switch, and the marks of deploys."""

from __future__ import annotations

from typing import Any, Final

from django.utils import timezone

from monitoring import switch
from monitoring.errors import ActionError
from monitoring.store.models import Deploy

from .audit import audited, name_of

MAX_REVISION: Final = 64


def pause(*, user: Any, request_id: str = "") -> None:
    """Stop recording in all processes of this host. Twice is once."""
    with audited(user, "pause_recording", "pause", request_id=request_id):
        switch.pause()


def resume(*, user: Any, request_id: str = "") -> None:
    """Record again. Twice is once."""
    with audited(user, "pause_recording", "resume", request_id=request_id):
        switch.resume()


def record_deploy(*, user: Any, revision: str, note: str = "", request_id: str = "") -> Deploy:
    """Mark that a revision went live now. The revision that is live already is not marked again."""
    with audited(user, "record_deploy", "record_deploy", revision[:MAX_REVISION], request_id=request_id):
        revision = revision.strip()
        if not 0 < len(revision) <= MAX_REVISION:
            raise ActionError(f"Name the revision in 1 to {MAX_REVISION} characters: a tag or a commit.")
        last = Deploy.objects.order_by("-at", "-id").first()
        if last is not None and last.revision == revision:
            return last
        return Deploy.objects.create(at=timezone.now(), revision=revision, note=note, by=name_of(user))
