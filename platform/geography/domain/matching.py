"""Which stored unit a row of a release is: renumbered or re-parented, it keeps what hangs on it."""

from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Old = TypeVar("Old")
New = TypeVar("New")


@dataclass(frozen=True, slots=True)
class Identity:
    """What a unit can be recognised by. `parent` is the stored parent's id: None for a region or a new
    parent.
    """

    code: str
    correspondence: str
    name: str
    parent: int | None


# In order: PSA's older code outlives a renumbering; then code and name; then the name in its place; then the
# code of a unit that was renamed; then the name and the code less its region, which is what stays when a
# province changes region.
KEYS: list[Callable[[Identity], Hashable | None]] = [
    lambda unit: unit.correspondence or None,
    lambda unit: (unit.code, unit.name),
    lambda unit: (unit.name, unit.parent) if unit.parent else None,
    lambda unit: unit.code,
    lambda unit: (unit.name, unit.code[2:]),
]


@dataclass
class Matches(Generic[Old, New]):
    pairs: list[tuple[Old, New]]
    new: list[New]
    gone: list[Old]
    # Of the gone: those with a namesake among the new, which may or may not be the same unit.
    unmatched: list[Old]


def match(
    stored: dict[Any, Identity], rows: dict[Any, Identity], *, name_is_enough: bool = False
) -> Matches[Any, Any]:
    """Pair stored units with rows, each at most once, by the first key that is unique on both sides.

    `name_is_enough` adds the bare name as a last key, for levels in which names hardly repeat.
    """
    keys = [*KEYS, (lambda unit: unit.name)] if name_is_enough else KEYS
    stored, rows = dict(stored), dict(rows)
    pairs: list[tuple[Any, Any]] = []
    for key in keys:
        left, right = _unique(stored, key), _unique(rows, key)
        for value in left.keys() & right.keys():
            pairs.append((left[value], right[value]))
            del stored[left[value]], rows[right[value]]
    names = {unit.name for unit in rows.values()}
    gone = [old for old, unit in stored.items() if unit.name not in names]
    unmatched = [old for old, unit in stored.items() if unit.name in names]
    return Matches(pairs, list(rows), gone, unmatched)


def _unique(units: dict[Any, Identity], key: Callable[[Identity], Hashable | None]) -> dict[Hashable, Any]:
    values = {unit: value for unit, identity in units.items() if (value := key(identity)) is not None}
    counts = Counter(values.values())
    return {value: unit for unit, value in values.items() if counts[value] == 1}
