"""The end of an operation: its record is written to the cells, once."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from typing import Any

from . import catalog, totals
from .admission import admitted
from .catalog import Metric
from .cells import process
from .cells.family import family
from .cells.slot import SlotError
from .record import UNKNOWN_CPU, Operation

Labels = tuple[str, str, str]


class _Series:
    """Where in this process' slot the cells of one operation lie. `*_sum` is a histogram's last cell."""

    __slots__ = (
        "bounds", "cpu", "cpu_sum", "db", "db_sum", "duration", "duration_sum", "labels", "queries",
        "queries_sum", "statuses", "views",
    )  # fmt: skip

    def __init__(self, labels: Labels) -> None:
        metric = catalog.operation_duration()
        self.labels = labels
        self.bounds = metric.bounds
        self.duration, self.duration_sum = _histogram(metric, labels)
        self.queries, self.queries_sum = _histogram(catalog.OPERATION_QUERIES, labels)
        self.db, self.db_sum = _histogram(catalog.OPERATION_DB, labels)
        self.cpu, self.cpu_sum = _histogram(catalog.OPERATION_CPU, labels)
        self.statuses: dict[str, int] = {}
        self.views: dict[tuple[str, str], int] = {}

    def status(self, status: str) -> int:
        """The cell of one status."""
        base = self.statuses[status] = family(catalog.OPERATIONS).base(*self.labels, status)
        return base

    def view(self, view: str, transport: str) -> int:
        """The cell of one view and scheme."""
        base = family(catalog.REQUEST_VIEWS).base(*self.labels[1:], view, transport)
        self.views[view, transport] = base
        return base


def _histogram(metric: Metric, labels: Labels) -> tuple[int, int]:
    """The first cell and the sum's."""
    base = family(metric).base(*labels)
    return base, base + len(metric.bounds) + 1


_series: dict[Labels, _Series] = {}
_generation = -1


def _find(labels: Labels) -> _Series | None:
    global _generation  # noqa: PLW0603
    if _generation != process.generation:
        _series.clear()
        _generation = process.generation
    return _series.get(labels)


def flush(operation: Operation) -> None:
    """Write a finished operation to the cells. What finds no room there is counted as dropped."""
    labels = operation.labels
    series = _find(labels)
    if series is None:
        kind, name, operation_class = labels
        labels = kind, admitted(kind, name), operation_class
    with process.lock:
        if operation.databases or operation.cache or operation.dropped:
            parent = operation.parent
            if parent is None or parent.finished:
                _dropping(totals.add_operation, operation)
        _dropping(_flush_own, operation, series, labels)


def _dropping(write: Callable[..., None], *args: Any) -> None:
    try:
        write(*args)
    except SlotError:
        totals.drop(1)


def _flush_own(operation: Operation, series: _Series | None, labels: Labels) -> None:
    if series is None:
        series = _series.get(labels) or _Series(labels)
        _series[labels] = series
    cells = process.slot().cells
    _flush_cost(series, operation, cells)
    if operation.transport:
        view = operation.view, operation.transport
        cells[series.views.get(view) or series.view(*view)] += 1
    if operation.queries or operation.cache or operation.breaches:
        _flush_findings(series, operation)
    if operation.exception:
        totals.add(catalog.REQUEST_EXCEPTIONS, 1, operation.view, operation.exception)


def _flush_cost(series: _Series, operation: Operation, cells: Any) -> None:
    """Runs for each operation: an operation without a query has its cells without a search."""
    seconds = operation.duration_ns / 1e9
    cells[series.duration + bisect_left(series.bounds, seconds)] += 1
    cells[series.duration_sum] += seconds
    status = operation.status
    cells[series.statuses.get(status) or series.status(status)] += 1
    queries = operation.queries
    cells[series.queries + (bisect_left(catalog.OPERATION_QUERIES.bounds, queries) if queries else 0)] += 1
    if queries or operation.db_ns:
        seconds = operation.db_ns / 1e9
        cells[series.db + bisect_left(catalog.OPERATION_DB.bounds, seconds)] += 1
        cells[series.db_sum] += seconds
        cells[series.queries_sum] += queries
    else:
        cells[series.db] += 1
    if operation.cpu_ns != UNKNOWN_CPU:
        seconds = operation.cpu_ns / 1e9
        cells[series.cpu + bisect_left(catalog.OPERATION_CPU.bounds, seconds)] += 1
        cells[series.cpu_sum] += seconds


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
