"""The end of an operation: its record is written to the cells, once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import catalog, totals
from .admission import admitted
from .cells import process
from .cells.family import family
from .cells.slot import SlotError
from .record import UNKNOWN_CPU, Operation

Labels = tuple[str, str, str]


class _Series:
    """Where in this process' slot the cells of one operation lie."""

    __slots__ = ("bounds", "cpu", "db", "duration", "labels", "queries", "statuses")

    def __init__(self, labels: Labels) -> None:
        metric = catalog.operation_duration()
        self.labels = labels
        self.bounds = metric.bounds
        self.duration = family(metric).base(*labels)
        self.queries = family(catalog.OPERATION_QUERIES).base(*labels)
        self.db = family(catalog.OPERATION_DB).base(*labels)
        self.cpu = family(catalog.OPERATION_CPU).base(*labels)
        self.statuses: dict[str, int] = {}

    def status(self, status: str) -> int:
        base = self.statuses.get(status)
        if base is None:
            base = self.statuses[status] = family(catalog.OPERATIONS).base(*self.labels, status)
        return base


_series: dict[Labels, _Series] = {}
_generation = -1


def _find(labels: Labels) -> _Series:
    global _generation  # noqa: PLW0603
    if _generation != process.generation:
        _series.clear()
        _generation = process.generation
    found = _series.get(labels)
    if found is None:
        found = _series[labels] = _Series(labels)
    return found


def flush(operation: Operation) -> None:
    """Write a finished operation to the cells. What finds no room there is counted as dropped."""
    is_root = operation.parent is None or operation.parent.finished
    kind, name, operation_class = operation.labels
    labels = kind, admitted(kind, name), operation_class
    with process.lock:
        if is_root:
            _dropping(totals.add_operation, operation)
        _dropping(_flush_own, operation, labels)


def _dropping(write: Callable[..., None], *args: Any) -> None:
    try:
        write(*args)
    except SlotError:
        totals.drop(1)


def _flush_own(operation: Operation, labels: Labels) -> None:
    series = _find(labels)
    _flush_cost(series, operation)
    _flush_findings(series, operation)
    if operation.transport:
        totals.add(catalog.REQUEST_VIEWS, 1, *series.labels[1:], operation.view, operation.transport)
    if operation.exception:
        totals.add(catalog.REQUEST_EXCEPTIONS, 1, operation.view, operation.exception)


def _flush_cost(series: _Series, operation: Operation) -> None:
    totals.observe_at(series.duration, series.bounds, operation.duration_ns / 1e9)
    process.slot().cells[series.status(operation.status)] += 1
    totals.observe_at(series.queries, catalog.OPERATION_QUERIES.bounds, operation.queries)
    totals.observe_at(series.db, catalog.OPERATION_DB.bounds, operation.db_ns / 1e9)
    if operation.cpu_ns != UNKNOWN_CPU:
        totals.observe_at(series.cpu, catalog.OPERATION_CPU.bounds, operation.cpu_ns / 1e9)


def _flush_findings(series: _Series, operation: Operation) -> None:
    if operation.duplicates:
        totals.add(catalog.DUPLICATES, operation.duplicates, *series.labels)
    if operation.nplusone:
        totals.add(catalog.NPLUSONE, 1, *series.labels)
    for alias, cost in operation.databases.items():
        if cost.slow:
            totals.add(catalog.SLOW_QUERIES, cost.slow, *series.labels, alias)
    for values, number in operation.cache.items():
        totals.add(catalog.CACHE_OPERATIONS, number, *series.labels, *values)
    for breach in operation.breaches:
        totals.add(catalog.BREACHES, 1, *series.labels, breach)
