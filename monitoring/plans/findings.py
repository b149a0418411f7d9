"""What is wrong with a plan, as far as a plan for unknown values can tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from .candidates import Candidate, for_filter, for_sort
from .tables import Table, Tables
from .tree import Node

# Smaller tables are read faster than an index of theirs.
LARGE_ROWS: Final = 10_000
# An index that keeps more than this share of the rows is not used.
SELECTIVE: Final = 0.1
SORTED_ROWS: Final = 1_000
# Below this many times the planner's estimate is good enough to choose by; and so few rows do not matter.
OFF_BY: Final = 10
OFF_ROWS: Final = 100
STALE: Final = 0.2
_SEARCHED: Final = ("Index Cond", "Recheck Cond", "Filter")


@dataclass(frozen=True, slots=True)
class Finding:
    """`kind` is sequential_scan, sort, estimate or statistics; `table` may be empty."""

    kind: str
    table: str
    text: str


@dataclass(frozen=True, slots=True)
class Stored:
    """How many rows the query gave: the mean of `runs` runs that were recorded."""

    runs: int
    mean_rows: float


@dataclass(frozen=True, slots=True)
class Found:
    """A finding, and the index that would save it, where there is one."""

    finding: Finding
    candidate: Candidate | None = None


def find(root: Node, tables: Tables, stored: Stored | None) -> list[Found]:
    """All findings, in the order of the plan's nodes."""
    found = [
        one
        for node, is_limited in _limited(root, is_limited=False)
        for one in (*_scan(node, tables), *_sort(node, tables, is_limited=is_limited))
    ]
    return [*found, *_estimate(root, stored), *_statistics(tables)]


def _limited(node: Node, *, is_limited: bool) -> Iterator[tuple[Node, bool]]:
    """Each node, and whether a LIMIT above it wants only its first rows."""
    yield node, is_limited
    for child in node.children:
        yield from _limited(child, is_limited=is_limited or node.node_type == "Limit")


def _count(number: float) -> str:
    return f"{number:,.0f}"


def _scan(node: Node, tables: Tables) -> Iterator[Found]:
    table = tables.get((node.schema, node.relation))
    if node.node_type != "Seq Scan" or not node.filter or table is None or table.rows < LARGE_ROWS:
        return
    text = (
        f"Reads all {_count(table.rows)} rows of {table.sql_name} (pg_class.reltuples) to keep about "
        f"{_count(node.rows)} of them, by the planner's estimate for unknown values: {node.filter}."
    )
    is_selective = node.rows <= SELECTIVE * table.rows
    if not is_selective:
        text += " It keeps so many that an index may not pay."
    candidate = for_filter(
        node.filter, node.alias, table, "finds the rows that the filter keeps", is_sure=is_selective
    )
    yield Found(Finding("sequential_scan", table.sql_name, text), candidate)


def _sort(node: Node, tables: Tables, *, is_limited: bool) -> Iterator[Found]:
    rows = node.children[0].rows if node.children else 0
    if node.node_type not in ("Sort", "Incremental Sort") or rows < SORTED_ROWS:
        return
    scans = [scan for scan in node.walk() if (scan.schema, scan.relation) in tables]
    for scan in scans:
        table = tables[scan.schema, scan.relation]
        searched = " AND ".join(text for kind, text in scan.conditions if kind in _SEARCHED)
        candidate = for_sort(
            searched,
            node.sort_keys,
            scan.alias,
            table,
            "gives the rows in order",
            is_sure=is_limited and len(scans) == 1,
        )
        if candidate is not None:
            text = f"Sorts about {_count(rows)} rows of {table.sql_name} by {', '.join(node.sort_keys)}"
            text += ", of which a LIMIT keeps the first." if is_limited else "."
            yield Found(Finding("sort", table.sql_name, text), candidate)
            return


def _estimate(root: Node, stored: Stored | None) -> Iterator[Found]:
    """Only where the statement itself sets no limit: a LIMIT's value is not known to the planner."""
    if stored is None or stored.runs == 0 or any(node.node_type == "Limit" for node in root.walk()):
        return
    less, more = sorted((max(root.rows, 1.0), max(stored.mean_rows, 1.0)))
    if more < OFF_BY * less or more < OFF_ROWS:
        return
    text = (
        f"The planner expects {_count(root.rows)} rows (its estimate for unknown values); the last "
        f"{_count(stored.runs)} recorded runs gave {_count(stored.mean_rows)} on average. With wrong "
        "estimates it chooses wrong joins: run ANALYZE, or CREATE STATISTICS for columns that go together."
    )
    yield Found(Finding("estimate", "", text))


def _statistics(tables: Tables) -> Iterator[Found]:
    for table in tables.values():
        if text := _stale(table):
            yield Found(Finding("statistics", table.sql_name, f"{text} Run ANALYZE {table.sql_name};"))


def _stale(table: Table) -> str:
    if table.rows < 0:
        return f"{table.sql_name} was never analysed: the planner guesses."
    if table.changed > max(STALE * table.rows, SORTED_ROWS):
        return (
            f"{_count(table.changed)} rows of {table.sql_name} changed since it was analysed, "
            f"when it had {_count(table.rows)}."
        )
    return ""
