"""Errors and findings as Sentry's events. Imported only where TACHOGRAPH["SENTRY_DSN"] is set.

With a client of its own, which patches nothing and knows of no request: an event holds what is put into it
here, and no personal data. SQL is normalised; an exception is told by its type and lines of code, without its
message, for that may quote a value; there are no local variables, breadcrumbs, headers, bodies or users.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
from collections.abc import Hashable, Iterator
from importlib.util import find_spec
from time import monotonic
from typing import Any, Final

from django.core.signals import got_request_exception
from sentry_sdk import Client
from sentry_sdk.utils import event_from_exception

from . import faults
from .conf import conf
from .hooks import on_finish
from .record import NPlusOne, Operation, SlowQuery, current

# A finding is sent at most once in this time by each process; an error of one kind from one line likewise.
FINDING_EVERY_S: Final = 600.0
ERROR_EVERY_S: Final = 60.0
# What was sent lately, at the most; then no more is sent until some of it is older.
MAX_KNOWN: Final = 1_000
MAX_SQL_CHARS: Final = 2_000
FLUSH_S: Final = 2.0
LOGGER: Final = "tachograph"

Event = dict[str, Any]


class _Lately:
    """What this process sent, and until when it is not sent again."""

    def __init__(self) -> None:
        self._until: dict[Hashable, float] = {}
        self._lock = threading.Lock()

    def admits(self, key: Hashable, every_s: float) -> bool:
        """Whether `key` is to be sent now; if so, it is not for the next `every_s`."""
        now = monotonic()
        with self._lock:
            if self._until.get(key, 0.0) > now:
                return False
            if len(self._until) >= MAX_KNOWN:
                self._until = {known: until for known, until in self._until.items() if until > now}
            if len(self._until) >= MAX_KNOWN:
                return False
            self._until[key] = now + every_s
            return True

    def forget(self) -> None:
        """Begin anew, as a forked child does."""
        self._lock = threading.Lock()
        self._until = {}


_lately = _Lately()
# The errors of requests that run, by the identity of the operation, which stands beside it.
_failed: dict[int, tuple[Operation, Event]] = {}
_client: Client | None = None


def _scrubbed(event: Any, _hint: Any) -> Any:
    """The event without what an exception says and without its variables."""
    for error in event.get("exception", {}).get("values", ()):
        error.pop("value", None)
        for frame in (error.get("stacktrace") or {}).get("frames", ()):
            frame.pop("vars", None)
    for key in ("request", "user", "breadcrumbs", "extra", "modules"):
        event.pop(key, None)
    return event


def _event(operation: Operation | None, kind: str, level: str, fingerprint: list[str]) -> Event:
    """What all events have. Those of one `fingerprint` are one issue in Sentry."""
    event: Event = {"level": level, "logger": LOGGER, "fingerprint": [LOGGER, kind, *fingerprint]}
    tags = {"finding": kind}
    if operation is not None:
        event["transaction"] = operation.name
        tags |= {
            "operation": operation.name,
            "operation_kind": operation.kind,
            "operation_class": operation.operation_class,
            "status": operation.status,
            "request_id": operation.request_id,
            "trace_id": operation.trace_id,
        }
    event["tags"] = {key: value for key, value in tags.items() if value}
    return event


def _told(event: Event, message: str, **context: Any) -> Event:
    return event | {"message": message, "contexts": {"tachograph": context}}


def _slow_query(operation: Operation, found: SlowQuery) -> Event:
    event = _event(operation, "slow_query", "warning", [found.statement.fingerprint])
    event["tags"]["query"] = found.statement.fingerprint
    ms = round(found.duration_ns / 1e6, 3)
    return _told(
        event, f"Slow query at {found.place} in {operation.name}: {ms} ms",
        sql=found.statement.sql[:MAX_SQL_CHARS], place=str(found.place), duration_ms=ms, rows=found.rows,
        alias=found.alias,
    )  # fmt: skip


def _nplusone(operation: Operation, found: NPlusOne) -> Event:
    place = found.place
    fingerprint = [found.statement.fingerprint, place.module, place.function]
    event = _event(operation, "nplusone", "warning", fingerprint)
    event["tags"]["query"] = found.statement.fingerprint
    return _told(
        event, f"N+1 at {place} in {operation.name}: {found.runs} runs",
        sql=found.statement.sql[:MAX_SQL_CHARS], place=str(place), runs=found.runs,
    )  # fmt: skip


def _breach(operation: Operation, promise: str) -> Event:
    event = _event(operation, "budget", "warning", [promise, operation.name])
    event["tags"]["budget"] = promise
    return _told(
        event, f"{operation.name} broke its budget: {promise}",
        duration_ms=round(operation.duration_ns / 1e6, 3), queries=operation.queries,
        duplicates=operation.duplicates,
    )  # fmt: skip


def _findings(operation: Operation) -> Iterator[Event]:
    for slow in operation.slow_queries:
        yield _slow_query(operation, slow)
    for found in operation.nplusone:
        yield _nplusone(operation, found)
    for promise in operation.breaches:
        yield _breach(operation, promise)


def _finished(operation: Operation) -> None:
    """Send what was found in an operation and all within it, and the error that broke it."""
    failed = _failed.pop(id(operation), None)
    if operation.is_own or (operation.parent is not None and not operation.parent.finished):
        return
    for event in _findings(operation):
        if _lately.admits(tuple(event["fingerprint"]), FINDING_EVERY_S):
            _send(event)
    if failed is not None:
        _send(failed[1] | _error(operation))
    elif operation.kind == "command" and operation.status == "error":
        send_error(sys.exc_info()[1], operation)


def _error(operation: Operation | None) -> Event:
    """By Sentry's own grouping, which is by type and stack."""
    return _event(operation, "error", "error", []) | {"fingerprint": ["{{ default }}"]}


def _rendered(error: BaseException | None) -> Event | None:
    """The event's part that tells the error and its stack; None for one that was sent lately, or is none."""
    if _client is None or not isinstance(error, Exception):
        return None
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    where = (traceback.tb_frame.f_code.co_filename, traceback.tb_lineno) if traceback is not None else ()
    if not _lately.admits((type(error), where), ERROR_EVERY_S):
        return None
    event, _ = event_from_exception(error, _client.options, {"type": LOGGER, "handled": False})
    return dict(event)


def send_error(error: BaseException | None, operation: Operation | None) -> None:
    """Send an exception that nobody handled, once in ERROR_EVERY_S for each type and line that raises it."""
    if (event := _rendered(error)) is not None:
        _send(event | _error(operation))


def _send(event: Any) -> None:
    if _client is not None:
        _client.capture_event(event)


def _request_failed(**_: Any) -> None:
    """Note the error until the request has ended: only then its name and status are known."""
    with faults.internal("sentry"):
        error, running = sys.exc_info()[1], current()
        while running is not None and running.kind != "request":
            running = running.parent
        if running is None:
            send_error(error, None)
        elif not running.is_own and (event := _rendered(error)) is not None:
            _failed[id(running)] = running, event


def _task_failed(exception: BaseException | None = None, **_: Any) -> None:
    with faults.internal("sentry"):
        send_error(exception, current())


def flush(**_: Any) -> None:
    """Wait until what is to be sent was sent, for FLUSH_S at the most."""
    if _client is not None:
        _client.flush(timeout=FLUSH_S)


def install() -> None:
    """Send from now on. Once; a later call takes the DSN that is set then."""
    global _client  # noqa: PLW0603
    is_installed = _client is not None
    _client = Client(
        dsn=conf().SENTRY_DSN,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        default_integrations=False,
        auto_enabling_integrations=False,
        auto_session_tracking=False,
        send_client_reports=False,
        before_send=_scrubbed,
    )
    _lately.forget()
    if is_installed:
        return
    on_finish.connect(_finished)
    got_request_exception.connect(_request_failed, dispatch_uid="tachograph-sentry", weak=False)
    atexit.register(flush)
    os.register_at_fork(after_in_child=_lately.forget)
    if find_spec("celery") is not None:
        from celery import signals  # noqa: PLC0415

        signals.task_failure.connect(_task_failed, dispatch_uid="tachograph-sentry", weak=False)
        signals.worker_process_shutdown.connect(flush, dispatch_uid="tachograph-sentry", weak=False)
