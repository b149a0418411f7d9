"""Indexes that cost on every write and help nobody: never read, or there twice."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any, Final

MOST: Final = 2_000
# What backs a constraint is needed whether it is read or not.
_INDEXES: Final = """
SELECT n.nspname, t.relname, c.relname, m.amname, i.indisunique,
       EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid), i.indisvalid,
       coalesce(pg_get_expr(i.indpred, i.indrelid), ''), pg_relation_size(c.oid), coalesce(s.idx_scan, 0),
       array(SELECT concat_ws(' ', pg_get_indexdef(i.indexrelid, k, false), i.indclass[k - 1],
                              i.indcollation[k - 1], i.indoption[k - 1])
             FROM generate_series(1, i.indnkeyatts) AS k ORDER BY k),
       i.indnatts > i.indnkeyatts
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_namespace n ON n.oid = t.relnamespace
JOIN pg_am m ON m.oid = c.relam
LEFT JOIN pg_stat_all_indexes s ON s.indexrelid = i.indexrelid
WHERE c.relkind = 'i' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND n.nspname NOT LIKE 'pg_toast%%' AND n.nspname NOT LIKE 'pg_temp%%'
ORDER BY c.relpages DESC, c.oid LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class IndexFigures:
    """An index. `covered_by` names the one that does all that it does; empty for one that stands alone."""

    schema: str
    table: str
    name: str
    size_bytes: int
    scans: int
    is_valid: bool
    covered_by: str = ""


@dataclass(frozen=True, slots=True)
class _Index:
    figures: IndexFigures
    method: str
    is_unique: bool
    is_constraint: bool
    predicate: str
    keys: tuple[str, ...]
    has_payload: bool

    @property
    def is_needed(self) -> bool:
        """Whether something other than reading depends on it."""
        return self.is_unique or self.is_constraint

    @property
    def _rank(self) -> tuple[bool, str]:
        return not self.is_needed, self.figures.name

    def covers(self, other: _Index) -> bool:
        """Whether `other` could be dropped for this one. Of two alike the first by name stays."""
        if other.is_constraint or not self.figures.is_valid or other.has_payload:
            return False
        if (self.method, self.predicate) != (other.method, other.predicate):
            return False
        if self.keys == other.keys:
            return self._rank < other._rank and (self.is_unique or not other.is_unique)
        is_prefix = self.method == "btree" and self.keys[: len(other.keys)] == other.keys
        return is_prefix and not other.is_unique


@dataclass(frozen=True, slots=True)
class Indexes:
    """`unused` were never read since the statistics began; `duplicate` have another that covers them.

    `invalid` ones are left from a CREATE INDEX CONCURRENTLY that was broken off. Each the largest first.
    """

    unused: list[IndexFigures]
    duplicate: list[IndexFigures]
    invalid: list[IndexFigures]


def indexes(cursor: Any) -> Indexes:
    """Of the MOST largest ones. One query."""
    cursor.execute(_INDEXES, [MOST])
    found = [_index(row) for row in cursor.fetchall()]
    unused = [one.figures for one in found if one.figures.scans == 0 and not one.is_needed]
    invalid = [one.figures for one in found if not one.figures.is_valid]
    return Indexes(*(_largest_first(some) for some in (unused, _doubles(found), invalid)))


def _largest_first(found: list[IndexFigures]) -> list[IndexFigures]:
    return sorted(found, key=lambda one: -one.size_bytes)


def _index(row: tuple[Any, ...]) -> _Index:
    schema, table, name, method, is_unique, is_constraint, is_valid, predicate, size, scans, keys, payload = (
        row
    )
    figures = IndexFigures(schema, table, name, size, scans, is_valid)
    return _Index(figures, method, is_unique, is_constraint, predicate, tuple(keys), payload)


def _doubles(found: list[_Index]) -> list[IndexFigures]:
    by_table: dict[tuple[str, str], list[_Index]] = defaultdict(list)
    for one in found:
        by_table[one.figures.schema, one.figures.table].append(one)
    doubles = []
    for alike in by_table.values():
        for one in alike:
            covering = next((other for other in alike if other is not one and other.covers(one)), None)
            if covering is not None:
                doubles.append(replace(one.figures, covered_by=covering.figures.name))
    return doubles
