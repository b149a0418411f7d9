"""Process totals: each query and cache call once, whatever it was nested in."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from . import catalog
from .catalog import Metric
from .cells import process
from .cells.family import family
from .cells.slot import SlotError
from .record import DatabaseCost, Operation

P = ParamSpec("P")


def _locked(write: Callable[P, None]) -> Callable[P, None]:
    """Write cells under the process' lock; what finds no room is counted as dropped."""

    @wraps(write)
    def locked(*args: P.args, **kwargs: P.kwargs) -> None:
        with process.lock:
            try:
                write(*args, **kwargs)
            except SlotError:
                drop(1)

    return locked


def drop(number: int) -> None:
    """Count what was left out. Called under the lock; nothing is said where even this finds no room."""
    try:
        add(catalog.RECORDER_DROPPED, number)
    except SlotError:
        return


def add(metric: Metric, amount: float, *values: str) -> None:
    """Add to a counter or gauge. Under the lock. Raises SlotError when there is no room."""
    base = family(metric).base(*values)
    process.slot().cells[base] += amount


def put(metric: Metric, value: float, *values: str) -> None:
    """Set a gauge. Under the lock. Raises SlotError when there is no room."""
    base = family(metric).base(*values)
    process.slot().cells[base] = value


def observe(metric: Metric, value: float, *values: str) -> None:
    """Add one observation to a histogram. Under the lock. Raises SlotError when there is no room."""
    observe_at(family(metric).base(*values), metric.bounds, value)


def observe_at(base: int, bounds: tuple[float, ...], value: float) -> None:
    """Add one observation to the histogram whose first cell is `base`. Under the lock."""
    cells = process.slot().cells
    cells[base + bisect_left(bounds, value)] += 1
    cells[base + len(bounds) + 1] += value


def add_database(alias: str, cost: DatabaseCost) -> None:
    """Add what a root operation asked of one database. Under the lock."""
    base = family(catalog.QUERY_DURATION).base(alias)
    cells = process.slot().cells
    for place, number in enumerate(cost.buckets):
        if number:
            cells[base + place] += number
    cells[base + len(cost.buckets)] += cost.ns / 1e9
    for metric, number in (
        (catalog.DB_PLUMBING, cost.plumbing),
        (catalog.DB_TRANSACTIONS, cost.transactions),
        (catalog.DB_ROWS, cost.rows),
    ):
        if number:
            add(metric, number, alias)
    for kind, number in cost.errors.items():
        add(catalog.DB_ERRORS, number, alias, kind)


def add_operation(operation: Operation) -> None:
    """Add all that a root operation asked of databases and caches. Under the lock."""
    for alias, cost in operation.databases.items():
        add_database(alias, cost)
    for values, number in operation.cache.items():
        add(catalog.CACHE_CALLS, number, *values)
    for values, number in operation.families.items():
        add(catalog.CACHE_FAMILIES, number, *values)
    if operation.dropped:
        drop(operation.dropped)


@_locked
def count_recorder_error() -> None:
    """Count a fault inside the recorder."""
    add(catalog.RECORDER_ERRORS, 1)


@_locked
def add_plumbing(alias: str) -> None:
    """Count plumbing outside of any operation."""
    add(catalog.DB_PLUMBING, 1, alias)


@_locked
def add_connection(alias: str) -> None:
    """Count a connection that was opened."""
    add(catalog.DB_NEW_CONNECTIONS, 1, alias)


@_locked
def add_transaction(alias: str) -> None:
    """Count a transaction outside of any operation."""
    add(catalog.DB_TRANSACTIONS, 1, alias)


@_locked
def add_unattributed_query(alias: str, bucket: int, ns: int, rows: int) -> None:
    """Count a query outside of any operation: in the totals, and as unattributed."""
    base = family(catalog.QUERY_DURATION).base(alias)
    cells = process.slot().cells
    cells[base + bucket] += 1
    cells[base + len(catalog.QUERY_DURATION.bounds) + 1] += ns / 1e9
    add(catalog.UNATTRIBUTED, 1)
    if rows > 0:
        add(catalog.DB_ROWS, rows, alias)


@_locked
def add_unattributed_cache_call(alias: str, command: str, result: str, number: int) -> None:
    """Count a cache call outside of any operation."""
    add(catalog.CACHE_CALLS, number, alias, command, result)


@_locked
def add_unattributed_families(counted: list[tuple[str, str, str]]) -> None:
    """Count key families of look-ups outside of any operation."""
    for values in counted:
        add(catalog.CACHE_FAMILIES, 1, *values)


@_locked
def observe_queue(seconds: float) -> None:
    """A request's wait before a worker took it."""
    observe(catalog.REQUEST_QUEUE, seconds)


@_locked
def observe_task_queue(seconds: float) -> None:
    """A task's wait before a worker took it."""
    observe(catalog.TASK_QUEUE, seconds)


@_locked
def observe_scrape(seconds: float) -> None:
    """The time a scrape took."""
    observe(catalog.SCRAPE_DURATION, seconds)
