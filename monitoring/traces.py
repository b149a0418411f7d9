"""Traces: what an operation did, in order, with the time of each step. Normalised SQL, no values.

Kept in this process' memory, and bounded: of each operation the slowest and the latest broken runs of the
last hour.
"""

from __future__ import annotations

import heapq
import threading
from collections import deque
from dataclasses import dataclass, field
from itertools import count
from math import inf
from operator import itemgetter
from random import random
from time import time
from typing import Final

from .conf import conf
from .record import Operation, Step

MAX_OPERATIONS: Final = 200
SLOWEST: Final = 3
BROKEN: Final = 3
KEPT_S: Final = 3_600.0

Labels = tuple[str, str, str]
_order = count()


@dataclass(frozen=True, slots=True)
class Trace:
    """One run of an operation. `steps` are in order of their beginning; `cut` says how many are left out."""

    labels: Labels
    started_at: float
    duration_ns: int
    status: str
    breaches: tuple[str, ...]
    request_id: str
    trace_id: str
    steps: tuple[Step, ...]
    cut: int


@dataclass(slots=True)
class _Book:
    """The traces of one operation."""

    slowest: list[tuple[int, int, Trace]] = field(default_factory=list)  # a heap: (duration, order, trace)
    broken: deque[Trace] = field(default_factory=lambda: deque(maxlen=BROKEN))
    oldest: float = inf

    def forget_old(self, before: float) -> None:
        if self.oldest >= before:
            return
        self.slowest = [entry for entry in self.slowest if entry[2].started_at >= before]
        heapq.heapify(self.slowest)
        self.broken = deque((trace for trace in self.broken if trace.started_at >= before), BROKEN)
        kept = [entry[2] for entry in self.slowest] + list(self.broken)
        self.oldest = min((trace.started_at for trace in kept), default=inf)

    def wants(self, operation: Operation) -> bool:
        is_slow = len(self.slowest) < SLOWEST or operation.duration_ns > self.slowest[0][0]
        return is_slow or bool(operation.breaches)

    def add(self, trace: Trace) -> None:
        self.oldest = min(self.oldest, trace.started_at)
        if trace.breaches:
            self.broken.append(trace)
        entry = trace.duration_ns, next(_order), trace
        if len(self.slowest) < SLOWEST:
            heapq.heappush(self.slowest, entry)
        else:
            heapq.heappushpop(self.slowest, entry)


_books: dict[Labels, _Book] = {}
_lock = threading.Lock()


def is_sampled() -> bool:
    """Whether the steps of an operation that begins now are kept. Its counts are exact either way."""
    rate = conf().TRACE_SAMPLE
    return rate >= 1 or random() < rate  # noqa: S311  (a sample, not a secret)


def keep(operation: Operation) -> None:
    """Keep the trace of a finished operation, if it is among the slowest or broke its budget."""
    if operation.steps is None:
        return
    with _lock:
        book = _books.get(operation.labels)
        if book is None:
            if len(_books) >= MAX_OPERATIONS:
                return
            book = _books[operation.labels] = _Book()
        book.forget_old(time() - KEPT_S)
        if book.wants(operation):
            book.add(_trace(operation))


def _trace(operation: Operation) -> Trace:
    begin = operation.start_ns
    steps = tuple(
        Step(start - begin, duration, kind, where, getattr(what, "sql", what))
        for start, duration, kind, where, what, *_ in sorted(operation.steps or (), key=itemgetter(0))
    )
    return Trace(
        operation.labels, operation.started_at, operation.duration_ns, operation.status, operation.breaches,
        operation.request_id, operation.trace_id, steps, operation.steps_cut,
    )  # fmt: skip


def traces(labels: Labels) -> list[Trace]:
    """The kept traces of an operation (kind, name, class) in this process, the slowest first."""
    with _lock:
        book = _books.get(labels)
        if book is None:
            return []
        book.forget_old(time() - KEPT_S)
        found = {id(trace): trace for trace in (*(entry[2] for entry in book.slowest), *book.broken)}
    return sorted(found.values(), key=lambda trace: -trace.duration_ns)


def forget() -> None:
    """Drop all traces of this process."""
    with _lock:
        _books.clear()
