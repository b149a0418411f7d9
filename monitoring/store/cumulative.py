"""What the cells have counted since they began, as rows of operations and caches; and what is new in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from operator import add
from typing import Any, Final

from .. import catalog
from ..analysis import is_error
from ..cells.reader import Series
from .batch import OPERATION_COUNTS, OPERATION_SECONDS, Row, bounds_text, clean

# Kind, name, class, bounds; what comes from no histogram has no bounds.
OperationKey = tuple[str, str, str, str]
# Alias, command, family, result.
CacheKey = tuple[str, str, str, str]

SUMS: Final = (*OPERATION_COUNTS, *OPERATION_SECONDS)
_AT: Final = {name: place for place, name in enumerate(SUMS)}


@dataclass(slots=True)
class Cumulative:
    """Sums by key. An operation's are SUMS, then its histogram."""

    operations: dict[OperationKey, list[float]] = field(default_factory=dict)
    caches: dict[CacheKey, float] = field(default_factory=dict)

    def since(self, before: Cumulative) -> Cumulative:
        """What was added since `before`. A sum that fell was begun anew: all of it is."""
        found = Cumulative()
        for key, sums in self.operations.items():
            was = before.operations.get(key) or [0.0] * len(sums)
            added = list(map(_added, sums, was))
            if any(added):
                found.operations[key] = added
        for cache, calls in self.caches.items():
            if more := _added(calls, before.caches.get(cache, 0.0)):
                found.caches[cache] = more
        return found

    def operation_rows(self) -> list[Row]:
        """As Batch.operations has them. What has no bounds of its own stands with the present ones."""
        present = catalog.operation_duration().bounds
        rows: dict[OperationKey, list[float]] = {}
        for (*labels, own), sums in self.operations.items():
            key = labels[0], labels[1], labels[2], own or bounds_text(present)
            whole = sums if own else [*sums, *[0.0] * (len(present) + 1)]
            known = rows.get(key)
            rows[key] = whole if known is None else list(map(add, known, whole))
        return [_operation_row(key, sums) for key, sums in rows.items()]

    def cache_rows(self) -> list[Row]:
        """As Batch.caches has them."""
        names = ("alias", "command", "family", "result")
        return [
            dict(zip(names, key, strict=True)) | {"calls": round(calls)} for key, calls in self.caches.items()
        ]

    def as_dict(self) -> dict[str, Any]:
        """Plain, for JSON."""
        return {
            "operations": [[*key, sums] for key, sums in self.operations.items()],
            "caches": [[*key, calls] for key, calls in self.caches.items()],
        }

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> Cumulative:
        """What `as_dict` gave. Raises KeyError, TypeError or ValueError for anything else."""
        found = cls()
        for kind, name, operation_class, bounds, sums in plain["operations"]:
            found.operations[kind, name, operation_class, bounds] = [float(number) for number in sums]
        for alias, command, family, result, calls in plain["caches"]:
            found.caches[alias, command, family, result] = float(calls)
        return found


def _added(now: float, was: float) -> float:
    return now - was if now >= was else now


def _operation_row(key: OperationKey, sums: list[float]) -> Row:
    kind, name, operation_class, bounds = key
    row: Row = {"kind": kind, "name": name, "operation_class": operation_class, "bounds": bounds}
    row |= {column: round(sums[_AT[column]]) for column in OPERATION_COUNTS}
    row |= {column: sums[_AT[column]] for column in OPERATION_SECONDS}
    return row | {"histogram": [round(number) for number in sums[len(SUMS) :]], "duration_max_s": 0.0}


def cumulative(series: list[Series]) -> Cumulative:
    """The rows of all series that the store keeps."""
    found = Cumulative()
    for one in series:
        take = _TAKE.get(one.key.name)
        if take is not None:
            take(found, one)
    return found


def _sums(found: Cumulative, one: Series, bounds: str = "", buckets: int = 0) -> list[float]:
    kind, name, operation_class = (clean(value) for value in one.key.values[:3])
    return found.operations.setdefault((kind, name, operation_class, bounds), [0.0] * (len(SUMS) + buckets))


def _take_duration(found: Cumulative, one: Series) -> None:
    *buckets, seconds = one.cells
    sums = _sums(found, one, bounds_text(one.key.bounds), len(buckets))
    sums[_AT["runs"]] += sum(buckets)
    sums[_AT["duration_s"]] += seconds
    for place, number in enumerate(buckets, len(SUMS)):
        sums[place] += number


def _adds(column: str) -> Callable[[Cumulative, Series], None]:
    """Takes the last cell: a counter's value, a histogram's sum."""

    def take(found: Cumulative, one: Series) -> None:
        _sums(found, one)[_AT[column]] += one.cells[-1]

    return take


def _take_status(found: Cumulative, one: Series) -> None:
    if is_error(one.key.values[3]):
        _sums(found, one)[_AT["errors"]] += one.cells[0]


def _take_cpu(found: Cumulative, one: Series) -> None:
    sums = _sums(found, one)
    *buckets, seconds = one.cells
    sums[_AT["cpu_runs"]] += sum(buckets)
    sums[_AT["cpu_s"]] += seconds


def _take_lookup(found: Cumulative, one: Series) -> None:
    column = {"hit": "cache_hits", "miss": "cache_misses"}.get(one.key.values[5])
    if column is not None:
        _sums(found, one)[_AT[column]] += one.cells[0]


def _take_breach(found: Cumulative, one: Series) -> None:
    place = _AT.get(f"broke_{one.key.values[3]}")
    if place is not None:
        _sums(found, one)[place] += one.cells[0]


def _take_cache(found: Cumulative, one: Series) -> None:
    alias, command, result = one.key.values
    _add_calls(found, (alias, command, "", result), one.cells[0])


def _take_family(found: Cumulative, one: Series) -> None:
    alias, family, result = one.key.values
    _add_calls(found, (alias, "", family, result), one.cells[0])


def _add_calls(found: Cumulative, values: CacheKey, calls: float) -> None:
    alias, command, family, result = values
    key = clean(alias, 64), clean(command, 32), clean(family), clean(result, 8)
    found.caches[key] = found.caches.get(key, 0.0) + calls


_TAKE: Final[dict[str, Callable[[Cumulative, Series], None]]] = {
    "tacho_operation_duration_seconds": _take_duration,
    catalog.OPERATIONS.name: _take_status,
    catalog.OPERATION_QUERIES.name: _adds("queries"),
    catalog.OPERATION_DB.name: _adds("database_s"),
    catalog.OPERATION_CPU.name: _take_cpu,
    catalog.SLOW_QUERIES.name: _adds("slow_queries"),
    catalog.DUPLICATES.name: _adds("duplicates"),
    catalog.NPLUSONE.name: _adds("nplusone"),
    catalog.CACHE_OPERATIONS.name: _take_lookup,
    catalog.BREACHES.name: _take_breach,
    catalog.CACHE_CALLS.name: _take_cache,
    catalog.CACHE_FAMILIES.name: _take_family,
}
