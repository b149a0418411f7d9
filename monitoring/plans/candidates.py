"""Indexes that a plan would have been cheaper with, before anybody checked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from .conditions import Key, asked, sorted_by
from .tables import Index, Table

MAX_KEYS: Final = 4
# An index that narrows it down to so few rows needs no further column.
FEW_ROWS: Final = 10
# As pg_index.indoption has them: 1 is DESC, 2 is NULLS FIRST; read backwards an index gives the opposite.
_OPTIONS: Final = {
    "": 0,
    "NULLS FIRST": 2,
    "NULLS LAST": 0,
    "DESC": 3,
    "DESC NULLS FIRST": 3,
    "DESC NULLS LAST": 1,
}
_BACKWARDS: Final = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """An index on `keys` of `table`: first `equal` of them in any order, then the rest in theirs.

    `is_sure`: it is worth advising even if nobody can check it.
    """

    table: Table
    keys: tuple[Key, ...]
    equal: int
    reason: str
    is_sure: bool

    @property
    def options(self) -> tuple[int, ...]:
        """Of the keys behind the equal ones; a uniform order is read in either direction."""
        found = tuple(_OPTIONS[key.direction] for key in self.keys[self.equal :])
        return tuple(0 for _ in found) if set(found) <= {_BACKWARDS} else found

    @property
    def columns(self) -> tuple[str, ...]:
        """The keys as SQL, each with its direction where it matters."""
        plain = tuple(key.text for key in self.keys[: self.equal])
        rest = zip(self.keys[self.equal :], self.options, strict=True)
        return plain + tuple(f"{key.text} {key.direction}" if option else key.text for key, option in rest)

    def is_covered_by(self, index: Index) -> bool:
        """Whether `index` leads with the same keys, whatever its predicate and its state."""
        length = len(self.keys)
        keys = tuple(key.text for key in self.keys)
        if index.method == "hash":
            return length == 1 == self.equal and index.keys == keys
        if index.method != "btree" or set(index.keys[: self.equal]) != set(keys[: self.equal]):
            return False
        if index.keys[self.equal : length] != keys[self.equal :]:
            return False
        theirs = index.options[self.equal : length]
        in_order = theirs == self.options or tuple(option ^ _BACKWARDS for option in theirs) == self.options
        return in_order and all(index.default_order[self.equal : length])


def usable(keys: Iterable[Key], table: Table) -> list[Key]:
    """Those that a btree can follow: a varchar is compared as text, any other type is not."""
    return [
        key
        for key in keys
        if (column := table.columns.get(key.column)) is not None
        and (not key.cast or column.type.startswith("character varying"))
    ]


def _distinct(key: Key, table: Table) -> float:
    return table.columns[key.column].distinct


def _selective_first(keys: list[Key], table: Table) -> list[Key]:
    return sorted(keys, key=lambda key: -_distinct(key, table))


def for_filter(filter_text: str, alias: str, table: Table, reason: str, *, is_sure: bool) -> Candidate | None:
    """An index that finds what the filter keeps: the equal columns, the most telling first, then a range."""
    wanted = asked(filter_text, alias)
    chosen: list[Key] = []
    left = max(table.rows, 1.0)
    for key in _selective_first(usable(wanted.equal, table), table)[:MAX_KEYS]:
        if chosen and left <= FEW_ROWS:
            break
        chosen.append(key)
        left /= max(_distinct(key, table), 1.0)
    equal = len(chosen)
    if left > FEW_ROWS:
        chosen += usable(wanted.ranged, table)[:1]
    if not chosen:
        return None
    return Candidate(table, tuple(chosen), equal, reason, is_sure and equal > 0)


def for_sort(
    filter_text: str, sort_keys: tuple[str, ...], alias: str, table: Table, reason: str, *, is_sure: bool
) -> Candidate | None:
    """An index that gives the rows in order: the equal columns, then those that are sorted by."""
    order = sorted_by(sort_keys, alias)
    if not order or len(usable(order, table)) < len(order):
        return None
    equal = [key for key in usable(asked(filter_text, alias).equal, table) if key not in order]
    keys = (*_selective_first(equal, table), *order)
    return Candidate(table, keys, len(equal), reason, is_sure) if len(keys) <= MAX_KEYS + 2 else None
