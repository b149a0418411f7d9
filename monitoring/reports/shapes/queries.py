"""Statements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from monitoring import origin

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
class Place(origin.Place):
    """A place in the code, with its number in the store."""

    id: int


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
class Acknowledged:
    """Somebody knows of a query from a place. `reopened_at`: it came back since."""

    at: datetime
    by: str
    note: str
    reopened_at: datetime | None


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
class DeployMark:
    """A new version went live."""

    at: datetime
    revision: str
    note: str
    by: str


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
    """A statement that one place sends again and again. `per_operation`: its runs in each, on average.

    `sql` may be cut (`sql_chars` is its length).
    """

    fingerprint: str
    sql: str
    sql_chars: int
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
