"""Finished operations become rows of their minute: queries by statement, line, operation; samples; maxima."""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappush, heappushpop
from itertools import count
from typing import Final

from ..admission import admitted
from ..budgets import budgets
from ..catalog import QUERY_DURATION, operation_duration
from ..origin import UNKNOWN, Place
from ..record import Operation, SlowQuery
from ..runs import PlaceRuns, StatementRuns
from ..statements import Statement
from .batch import OPERATION_COUNTS, OPERATION_SECONDS, Batch, Row, bounds_text, clean
from .tables import tables

Labels = tuple[str, str, str]
# Fingerprint, module, function, labels, nested.
Key = tuple[str, str, str, Labels, bool]

MINUTE_S: Final = 60
# Rows of queries that may wait in one process. The runs that find no room are counted as dropped.
MAX_ROWS: Final = 5_000
# Of each statement and line in a minute the slowest are kept.
SAMPLES: Final = 3
MAX_SAMPLED: Final = 100
MAX_PLACES: Final = 10_000
MAX_SQL: Final = 20_000

_QUERY_BOUNDS: Final = bounds_text(QUERY_DURATION.bounds)
_order = count()


class _Sums:
    """What one statement did from one line in one operation."""

    __slots__ = ("buckets", "duplicates", "max_ns", "nplusone", "nplusone_runs", "ns", "rows", "runs", "slow")

    def __init__(self) -> None:
        self.runs = self.ns = self.max_ns = self.rows = self.slow = 0
        self.duplicates = self.nplusone = self.nplusone_runs = 0
        self.buckets = [0] * (len(QUERY_DURATION.bounds) + 1)

    def add(self, found: PlaceRuns, nplusone_runs: float) -> None:
        self.runs += found.runs
        self.ns += found.ns
        self.max_ns = max(self.max_ns, found.max_ns)
        self.rows += found.rows
        self.slow += found.slow
        self.duplicates += found.duplicates
        if found.distinct > nplusone_runs:
            self.nplusone += 1
            self.nplusone_runs += found.runs
        if found.runs == 1:
            self.buckets[found.buckets.index(1)] += 1
        else:
            self.buckets = [mine + more for mine, more in zip(self.buckets, found.buckets, strict=True)]


@dataclass(slots=True)
class Minute:
    """What ended in one minute and is not written yet."""

    queries: dict[Key, _Sums] = field(default_factory=dict)
    statements: dict[str, tuple[Statement, str]] = field(default_factory=dict)
    places: dict[tuple[str, str], Place] = field(default_factory=dict)
    maxima: dict[Labels, int] = field(default_factory=dict)
    samples: dict[Key, list[tuple[int, int, Row]]] = field(default_factory=dict)

    @property
    def runs(self) -> int:
        """The runs of queries in it."""
        return sum(sums.runs for sums in self.queries.values())

    def batch(self, at: float) -> Batch:
        """Its rows."""
        return Batch(
            at,
            operations=[_maximum(labels, ns) for labels, ns in self.maxima.items()],
            queries=[_query(key, sums) for key, sums in self.queries.items()],
            statements=[_statement(*found) for found in self.statements.values()],
            locations=[_location(place) for place in self.places.values()],
            samples=[row for kept in self.samples.values() for _, _, row in kept],
        )


class Aggregate:
    """The minutes of this process that wait to be written. Not for two threads at once.

    `dropped`: what found no room, by `queries` (runs) and `samples`; whoever reads it takes it away.
    """

    def __init__(self) -> None:
        self.minutes: dict[int, Minute] = {}
        self.dropped: dict[str, int] = {}
        self._last_places: dict[tuple[str, Labels], Place] = {}
        self._cleaned: dict[Place, tuple[str, str]] = {}

    @property
    def rows(self) -> int:
        """How many rows of queries wait."""
        return sum(len(minute.queries) for minute in self.minutes.values())

    def add(self, operation: Operation, *, nested: bool) -> None:
        """Take in a finished operation; `nested`: it ended inside another."""
        ended = operation.started_at + operation.duration_ns / 1e9
        at = int(ended // MINUTE_S) * MINUTE_S
        minute = self.minutes.get(at)
        if minute is None:
            minute = self.minutes[at] = Minute()
        kind, name, operation_class = operation.labels
        labels = clean(kind), clean(admitted(kind, name)), clean(operation_class)
        minute.maxima[labels] = max(minute.maxima.get(labels, 0), operation.duration_ns)
        if operation.queries:
            self._add_queries(minute, operation, labels, nested)
        if not nested:
            for slow in operation.slow_queries:
                self._add_sample(minute, operation, labels, slow, ended)

    def _add_queries(self, minute: Minute, operation: Operation, labels: Labels, nested: bool) -> None:
        threshold = budgets().recording.nplusone_runs
        for fingerprint, runs in operation.statements.items():
            for place, found in runs.located():
                where = self._placed(runs.statement, labels, place)
                key = fingerprint, *self._names(where), labels, nested
                sums = minute.queries.get(key)
                if sums is None:
                    if self.rows >= MAX_ROWS:
                        self._drop("queries", found.runs)
                        continue
                    sums = minute.queries[key] = _Sums()
                    _name(minute, runs, where, operation)
                sums.add(found, threshold)

    def _names(self, place: Place) -> tuple[str, str]:
        """Module and function as the tables have them."""
        found = self._cleaned.get(place)
        if found is None:
            found = clean(place.module), clean(place.function)
            if len(self._cleaned) < MAX_PLACES:
                self._cleaned[place] = found
        return found

    def _placed(self, statement: Statement, labels: Labels, place: Place | None) -> Place:
        """The line that a statement came from; one that was not looked for is the last one known."""
        key = statement.fingerprint, labels
        if place is None:
            if (known := self._last_places.get(key)) is None:
                statement.wants_place = True
                return UNKNOWN
            return known
        if key in self._last_places or len(self._last_places) < MAX_PLACES:
            self._last_places[key] = place
        return place

    def _add_sample(
        self, minute: Minute, operation: Operation, labels: Labels, slow: SlowQuery, ended: float
    ) -> None:
        place = slow.place
        key = slow.statement.fingerprint, *self._names(place), labels, False
        if key not in minute.queries:  # no room for its statement either
            self._drop("samples", 1)
            return
        kept = minute.samples.get(key)
        if kept is None:
            if len(minute.samples) >= MAX_SAMPLED:
                self._drop("samples", 1)
                return
            kept = minute.samples[key] = []
        entry = slow.duration_ns, next(_order), _sample(key, operation, slow, ended)
        if len(kept) < SAMPLES:
            heappush(kept, entry)
        else:
            heappushpop(kept, entry)
            self._drop("samples", 1)

    def _drop(self, what: str, number: int) -> None:
        self.dropped[what] = self.dropped.get(what, 0) + number


def _name(minute: Minute, runs: StatementRuns, where: Place, operation: Operation) -> None:
    """Note what a new key's names stand for."""
    minute.places[clean(where.module), clean(where.function)] = where
    if runs.statement.fingerprint not in minute.statements:
        # Which of several databases a statement went to is no part of its runs.
        alias = next(iter(operation.databases), "")
        minute.statements[runs.statement.fingerprint] = runs.statement, alias


def _labelled(labels: Labels) -> Row:
    return {"kind": labels[0], "name": labels[1], "operation_class": labels[2]}


def _keyed(key: Key) -> Row:
    fingerprint, module, function, labels, _ = key
    return {"fingerprint": fingerprint, "module": module, "function": function, **_labelled(labels)}


def _maximum(labels: Labels, ns: int) -> Row:
    """A row of an operation that adds nothing but its longest run: the sums come from the cells."""
    bounds = operation_duration().bounds
    sums = dict.fromkeys((*OPERATION_COUNTS, *OPERATION_SECONDS), 0)
    histogram = {"bounds": bounds_text(bounds), "histogram": [0] * (len(bounds) + 1)}
    return {**_labelled(labels), **sums, **histogram, "duration_max_s": ns / 1e9}


def _query(key: Key, sums: _Sums) -> Row:
    return {
        **_keyed(key),
        "nested": key[4],
        "bounds": _QUERY_BOUNDS,
        "histogram": sums.buckets,
        "runs": sums.runs,
        "duration_s": sums.ns / 1e9,
        "duration_max_s": sums.max_ns / 1e9,
        "rows": sums.rows,
        "slow": sums.slow,
        "duplicates": sums.duplicates,
        "nplusone": sums.nplusone,
        "nplusone_runs": sums.nplusone_runs,
    }


def _statement(statement: Statement, alias: str) -> Row:
    return {
        "fingerprint": statement.fingerprint,
        "sql": clean(statement.sql, MAX_SQL),
        "kind": statement.kind,
        "alias": clean(alias, 64),
        "tables": tables(statement.sql),
    }


def _location(place: Place) -> Row:
    return {
        "module": clean(place.module),
        "function": clean(place.function),
        "file": clean(place.file),
        "line": place.line,
    }


def _sample(key: Key, operation: Operation, slow: SlowQuery, ended: float) -> Row:
    return {
        **_keyed(key),
        "at": ended,
        "duration_s": slow.duration_ns / 1e9,
        "rows": slow.rows,
        "request_id": clean(operation.request_id, 64),
        "trace_id": clean(operation.trace_id, 32),
    }
