"""What needs somebody, caches, budgets and the recorder itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from monitoring.budgets import Level, Threshold

from .operations import OperationFigures


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
