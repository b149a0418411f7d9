"""Operations, their budgets and their traces."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from monitoring.budgets import Budget, Level
from monitoring.reports.sql import Sums

from .queries import DeployMark, QueryFigures


@dataclass(frozen=True, slots=True)
class Measures:
    """What the runs of one or many operations cost. `*_ms` but `total_ms` are of one run."""

    runs: int
    errors: int
    error_rate: float | None
    total_ms: float
    mean_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    max_ms: float | None
    database_ms: float | None
    cpu_ms: float | None
    queries: int
    queries_per_run: float | None
    slow_queries: int
    duplicates: int
    nplusone: int
    cache_hits: int
    cache_misses: int
    hit_rate: float | None


@dataclass(frozen=True, slots=True)
class Broken:
    """A promise that was not kept in the window.

    `budget`: latency, errors, queries, duplicates, nplusone, slow_queries or cache. `measured` and `limit`
    are in `unit`: ms (the 95th percentile), "rate", or "" for a number a run. `measured` is None where only
    the runs that broke it are known; `runs` is how many did.
    """

    budget: str
    level: Level
    runs: int
    limit: float
    measured: float | None
    unit: str


@dataclass(frozen=True, slots=True)
class OperationFigures:
    """One operation in a window, against its budget and the window before."""

    id: int
    kind: str
    name: str
    operation_class: str
    now: Measures
    before: Measures | None
    budget: Budget
    broken: tuple[Broken, ...]
    # What figures of many operations are made of.
    sums: Sums = field(repr=False, compare=False)
    sums_before: Sums | None = field(repr=False, compare=False)

    def change(self, measure: str) -> float | None:
        """A field of Measures against the window before: 0.25 is a quarter more. None without a before."""
        return _change(self.now, self.before, measure)


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """All operations of one class. `broken`: promise -> how many of its operations broke it."""

    operation_class: str
    operations: int
    now: Measures
    before: Measures | None
    budget: Budget
    broken: dict[str, int]

    def change(self, measure: str) -> float | None:
        """As OperationFigures.change."""
        return _change(self.now, self.before, measure)


def _change(now: Measures, before: Measures | None, measure: str) -> float | None:
    new = getattr(now, measure)
    old = getattr(before, measure) if before is not None else None
    return new / old - 1 if new is not None and old else None


@dataclass(frozen=True, slots=True)
class OperationPoint:
    """One step of a chart."""

    start: datetime
    runs: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    queries_per_run: float | None
    error_rate: float | None
    hit_rate: float | None


@dataclass(frozen=True, slots=True)
class TraceStep:
    """A query (`what` is its SQL), a cache call or a block of a trace; `start_ms` from its beginning."""

    start_ms: float
    duration_ms: float
    kind: str
    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Trace:
    """One run of an operation. `cut` steps are left out."""

    id: int
    at: datetime
    duration_ms: float
    status: str
    breaches: tuple[str, ...]
    request_id: str
    trace_id: str
    steps: tuple[TraceStep, ...]
    cut: int


@dataclass(frozen=True, slots=True)
class OperationDetail:
    """One operation, all that is known of it in a window."""

    figures: OperationFigures
    points: list[OperationPoint]
    queries: list[QueryFigures]
    deploys: list[DeployMark]
    traces: list[Trace]
