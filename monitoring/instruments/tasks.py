"""Celery tasks: each run is an operation of kind `task`, told by Celery's own signals.

Imported only where Celery is installed.
"""

from __future__ import annotations

import time
from contextvars import Token
from typing import TYPE_CHECKING, Any, Final

from celery import signals

from .. import faults, switch, totals
from ..operations import begin, finish, leave, stop_clock
from ..record import Operation, _current, current

if TYPE_CHECKING:
    from celery.app.task import Task

PUBLISHED_HEADER: Final = "tachograph_published"
REQUEST_ID_HEADER: Final = "tachograph_request_id"
STATUS: Final = {"SUCCESS": "ok", "RETRY": "retry", "IGNORED": "ok", "REJECTED": "ok"}

# The run of each task that is being executed here, by its id; a task that runs another eagerly has two.
_running: dict[str, list[tuple[Operation, Token[Operation | None]]]] = {}


def _published(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """Note on the message when, and for which request, it was sent."""
    if headers is None or not switch.on:
        return
    headers[PUBLISHED_HEADER] = time.time()  # a retry is sent anew, with the first sending's headers
    running = current()
    if running is not None and running.request_id:
        headers.setdefault(REQUEST_ID_HEADER, running.request_id)


def _header(task: Task[Any, Any], name: str) -> Any:
    """A header of the message; where Celery puts one depends on how the task was sent."""
    found = getattr(task.request, name, None)
    return found if found is not None else (task.request.headers or {}).get(name)


def _queue_seconds(task: Task[Any, Any]) -> float | None:
    """The wait since it was sent, or since the time it was meant for (eta, a retry's countdown)."""
    published = _header(task, PUBLISHED_HEADER)
    if not isinstance(published, (int, float)) or task.request.is_eager or task.request.eta:
        return None
    return max(time.time() - published, 0.0)


def _begin(task_id: str, task: Task[Any, Any], **_: Any) -> None:
    with faults.internal("task"):
        if not switch.refresh():
            return
        record = Operation(task.name, "task", getattr(task, "operation_class", "system"), current())
        record.request_id = record.request_id or str(_header(task, REQUEST_ID_HEADER) or "")
        begin(record)
        if (waited := _queue_seconds(task)) is not None:
            record.queue_ns = int(waited * 1e9)
            totals.observe_task_queue(waited)
        _running.setdefault(task_id, []).append((record, _current.set(record)))


def _end(task_id: str, state: str | None = None, **_: Any) -> None:
    runs = _running.get(task_id)
    if not runs:
        return
    record, token = runs.pop()
    if not runs:
        del _running[task_id]
    leave(token, record.parent)
    with faults.internal("task"):
        stop_clock(record)
        finish(record, STATUS.get(state or "", "error"))


def install() -> None:
    """Watch every Celery task of this process."""
    signals.before_task_publish.connect(_published, dispatch_uid="tachograph", weak=False)
    signals.task_prerun.connect(_begin, dispatch_uid="tachograph", weak=False)
    signals.task_postrun.connect(_end, dispatch_uid="tachograph", weak=False)
