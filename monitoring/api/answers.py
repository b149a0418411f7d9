"""What the system API answers: reports, and what stands around them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitoring.reports.shapes import (
    CacheFigures,
    CachePoint,
    ClassFigures,
    DeployMark,
    NPlusOneFigures,
    OperationFigures,
    Origin,
    PlanFigures,
    QueryFigures,
    QueryPoint,
    QueryTotals,
    Sample,
)
from monitoring.servers.caches import CacheServer


@dataclass(frozen=True, slots=True)
class SlowQueries:
    """Statements of a window, the worst first.

    `counted_from`: the last reset, before which nothing counts. `threshold_ms`: from what on a run is slow.
    """

    window: str
    start: datetime
    end: datetime
    counted_from: datetime | None
    threshold_ms: float
    totals: QueryTotals
    data: list[QueryFigures]
    page: int
    limit: int
    total: int
    nplusone: list[NPlusOneFigures]


@dataclass(frozen=True, slots=True)
class SlowQuery:
    """One statement: `history` is whole, whatever was reset; `origins` are by place and operation."""

    window: str
    start: datetime
    end: datetime
    query: QueryFigures
    tables: list[str]
    history: list[QueryPoint]
    origins: list[Origin]
    samples: list[Sample]
    plan: PlanFigures | None
    index_advice: list[Any]
    deploys: list[DeployMark]
    muted_at: datetime | None
    muted_by: str


@dataclass(frozen=True, slots=True)
class ResetMade:
    """A reset: figures of queries count from `at`; `undo_until` it can be undone."""

    id: int
    at: datetime
    by: str
    undo_until: datetime
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class Metrics:
    """What classes and operations cost."""

    window: str
    start: datetime
    end: datetime
    classes: list[ClassFigures]
    data: list[OperationFigures]
    page: int
    limit: int
    total: int


@dataclass(frozen=True, slots=True)
class CacheMetrics:
    """What the caches were asked for, and what their servers say of themselves."""

    window: str
    start: datetime
    end: datetime
    aliases: list[CacheFigures]
    commands: list[CacheFigures]
    families: list[CacheFigures]
    operations: list[CacheFigures]
    points: list[CachePoint]
    servers: list[CacheServer]


@dataclass(frozen=True, slots=True)
class CacheStats:
    """Hit rates, and the servers' memory, keys, evictions and slow commands.

    `thrashing`: families with more misses than hits, whose entries are gone before they are asked for.
    """

    window: str
    start: datetime
    end: datetime
    aliases: list[CacheFigures]
    families: list[CacheFigures]
    operations: list[CacheFigures]
    thrashing: list[str]
    servers: list[CacheServer]


@dataclass(frozen=True, slots=True)
class LimitSet:
    """One table of budgets.toml and the limits that it sets, as milliseconds, numbers and rates."""

    match: str
    limits: dict[str, float]
    levels: dict[str, str]
    reason: str
    expires: str


@dataclass(frozen=True, slots=True)
class ThresholdSet:
    """An alert's threshold."""

    name: str
    direction: str
    warning: float | None
    critical: float | None
    duration: str


@dataclass(frozen=True, slots=True)
class Thresholds:
    """All that budgets.toml promises. `faults` say why it is not in force."""

    slow_query_ms: float
    nplusone_runs: int
    classes: list[LimitSet]
    operations: list[LimitSet]
    overrides: list[LimitSet]
    thresholds: list[ThresholdSet]
    pinned: dict[str, int]
    faults: list[str]
