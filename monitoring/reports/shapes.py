"""The shapes of all reports. Times are aware datetimes, durations milliseconds, rates and shares 0 to 1.

None: there is nothing to say (no runs, no look-ups, nothing before). Lists are in the order to show.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from monitoring.budgets import Budget, Level, Threshold

from .sql import Sums

T = TypeVar("T")
State = Literal["open", "acknowledged", "muted"]


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some of the rows of a list, and of how many. `totals` are over all of them, whatever the page."""

    rows: list[T]
    page: int
    limit: int
    total: int
    totals: QueryTotals

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // self.limit))


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
class DeployMark:
    """A new version went live."""

    at: datetime
    revision: str
    note: str
    by: str


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


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the code. `str(place)` is file:line in function."""

    id: int
    module: str
    function: str
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line} in {self.function}"


@dataclass(frozen=True, slots=True)
class QueryTotals:
    """Of all statements that a list chose."""

    fingerprints: int
    calls: int
    total_ms: float
    mean_ms: float | None
    max_ms: float | None
    slow: int
    nplusone: int


@dataclass(frozen=True, slots=True)
class QueryFigures:
    """One statement in a window.

    `slow`: runs at or over the threshold. `nplusone`: operations in which it was an N+1, `nplusone_runs`
    its runs in them. `share`: of the time of all statements of the list. `sql` may be cut (`sql_chars`
    is its length): `query()` has it whole. `advice`: indexes that its last plan asks for, and what to do
    about its N+1.
    """

    fingerprint: str
    sql: str
    sql_chars: int
    kind: str
    alias: str
    tables: tuple[str, ...]
    calls: int
    total_ms: float
    mean_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    max_ms: float | None
    slow: int
    rows: int
    duplicates: int
    nplusone: int
    nplusone_runs: int
    share: float | None
    operations: tuple[str, ...]
    places: tuple[Place, ...]
    state: State
    first_seen: datetime
    advice: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QueryPoint:
    """One step of a query's history."""

    start: datetime
    calls: int
    mean_ms: float | None
    p95_ms: float | None
    max_ms: float | None
    slow: int


@dataclass(frozen=True, slots=True)
class Origin:
    """A statement as one place of the code sent it in one operation."""

    operation_id: int
    kind: str
    operation: str
    operation_class: str
    place: Place
    calls: int
    total_ms: float
    mean_ms: float | None
    p95_ms: float | None
    max_ms: float | None
    slow: int
    rows: int
    duplicates: int
    nplusone: int
    nplusone_runs: int
    nested: bool
    acknowledged: Acknowledged | None


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Somebody knows of a query from a place. `reopened_at`: it came back since."""

    at: datetime
    by: str
    note: str
    reopened_at: datetime | None


@dataclass(frozen=True, slots=True)
class Sample:
    """One slow run. `rows` is None where the driver does not say."""

    at: datetime
    duration_ms: float
    rows: int | None
    operation_id: int
    operation: str
    place: Place
    request_id: str
    trace_id: str


@dataclass(frozen=True, slots=True)
class PlanFigures:
    """The last plan; `plan` is EXPLAIN's JSON, findings and advice are as monitoring.plans gives them."""

    at: datetime
    plan: Any
    error: str
    total_cost: float | None
    findings: list[Any]
    advice: list[Any]


@dataclass(frozen=True, slots=True)
class QueryDetail:
    """One statement, all that is known of it in a window."""

    figures: QueryFigures
    points: list[QueryPoint]
    origins: list[Origin]
    samples: list[Sample]
    plan: PlanFigures | None
    muted_at: datetime | None
    muted_by: str
    deploys: list[DeployMark]


@dataclass(frozen=True, slots=True)
class NPlusOneFigures:
    """A statement that one place sends again and again. `per_operation`: its runs in each, on average."""

    fingerprint: str
    sql: str
    tables: tuple[str, ...]
    place: Place
    operation_id: int
    operation: str
    operation_class: str
    found: int
    runs: int
    per_operation: float
    total_ms: float
    state: State
    advice: str


@dataclass(frozen=True, slots=True)
class Attention:
    """Something that needs somebody.

    `kind`: latency, errors, queries, duplicates, nplusone, slow_queries, cache or slow_query (one statement).
    `where` is file:line of the code where it is known, else "". `since`: its first trouble in the window.
    """

    level: Level
    kind: str
    what: str
    where: str
    since: datetime | None
    advice: str
    operation_id: int | None
    operation: str
    fingerprint: str
    weight: float


@dataclass(frozen=True, slots=True)
class CacheFigures:
    """Calls of an alias, a command, a key family or an operation: whichever the list is by.

    `limit`: the hit rate that the operation's budget promises.
    """

    alias: str
    name: str
    calls: int
    hits: int
    misses: int
    errors: int
    hit_rate: float | None
    operation_id: int | None = None
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class CachePoint:
    """One step of the caches' history, over all aliases."""

    start: datetime
    hits: int
    misses: int
    hit_rate: float | None


@dataclass(frozen=True, slots=True)
class CacheReport:
    """The look-ups by alias (`name` is ""), by command, by key family, by operation; the worst first."""

    aliases: list[CacheFigures]
    commands: list[CacheFigures]
    families: list[CacheFigures]
    operations: list[CacheFigures]
    points: list[CachePoint]


@dataclass(frozen=True, slots=True)
class GateRunFigures:
    """A run of the budget gate; `report` is its JSON, only where one run was asked for."""

    id: int
    at: datetime
    revision: str
    base: str
    branch: str
    url: str
    outcome: str
    operations: int
    broken: int
    by: str
    report: Any = None


@dataclass(frozen=True, slots=True)
class BudgetReport:
    """Every operation with what it promised, the broken ones first; alert thresholds; the last gate runs."""

    operations: list[OperationFigures]
    thresholds: list[Threshold]
    gate_runs: list[GateRunFigures]
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class TableSize:
    """A table of the store. `rows` is PostgreSQL's estimate."""

    name: str
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class RecorderReport:
    """The recorder on itself, since its figures began. `metrics`: name -> value of tacho_recorder_*,
    tacho_store_* and tacho_slots. `rows_per_day`: day -> statements by place and operation
    that ran on it, each of which is a row.
    """

    recording: bool
    series: int
    processes: int
    metrics: dict[str, float]
    tables: list[TableSize]
    total_bytes: int
    rows_per_day: list[tuple[datetime, int]]
    newest: datetime | None
    oldest: datetime | None
