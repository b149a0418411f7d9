"""The traces that this process keeps in memory, as rows: each once, and a few a minute for each operation."""

from __future__ import annotations

from typing import Final

from ..admission import admitted
from ..record import Operation, Step
from ..traces import Trace, traces
from .batch import Row, clean

Labels = tuple[str, str, str]

A_MINUTE: Final = 3
MAX_OPERATIONS: Final = 500
# Of a step's SQL, so that a trace of 300 statements stays one that a page can show.
MAX_WHAT: Final = 500


class Traced:
    """Which traces are rows already. Not for two threads at once."""

    def __init__(self) -> None:
        self._ended: set[Labels] = set()
        self._taken: dict[Labels, set[tuple[float, str]]] = {}
        self._minute = 0
        self._quota: dict[Labels, int] = {}

    def note(self, operation: Operation) -> None:
        """Operations with these labels may have a new trace."""
        if operation.steps is not None and len(self._ended) < MAX_OPERATIONS:
            self._ended.add(operation.labels)

    def take(self, minute: int) -> list[Row]:
        """The rows of new traces. What is over the minute's number waits, as long as it is kept in memory."""
        if minute != self._minute:
            self._minute, self._quota = minute, {}
        ended, self._ended = self._ended, set()
        return [row for labels in ended for row in self._of(labels)]

    def _of(self, labels: Labels) -> list[Row]:
        kept = traces(labels)
        if not kept:
            return []
        taken = self._taken.get(labels, set()) & {_mark(trace) for trace in kept}
        room = A_MINUTE - self._quota.get(labels, 0)
        new = [trace for trace in kept if _mark(trace) not in taken][: max(room, 0)]
        self._quota[labels] = self._quota.get(labels, 0) + len(new)
        self._taken[labels] = taken | {_mark(trace) for trace in new}
        return [_row(trace) for trace in new]


def _mark(trace: Trace) -> tuple[float, str]:
    return trace.started_at, trace.request_id


def _step(step: Step) -> list[float | str]:
    what = clean(step.what, MAX_WHAT)
    return [step.start_ns / 1e9, step.duration_ns / 1e9, clean(step.kind), clean(step.where), what]


def _row(trace: Trace) -> Row:
    kind, name, operation_class = trace.labels
    return {
        "kind": clean(kind),
        "name": clean(admitted(kind, name)),
        "operation_class": clean(operation_class),
        "at": trace.started_at,
        "duration_s": trace.duration_ns / 1e9,
        "status": clean(trace.status, 16),
        "breaches": list(trace.breaches),
        "request_id": clean(trace.request_id, 64),
        "trace_id": clean(trace.trace_id, 32),
        "steps": [_step(step) for step in trace.steps],
        "cut": trace.cut,
    }
