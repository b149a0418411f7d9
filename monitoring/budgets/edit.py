"""Changes of the pinned counts in budgets.toml that leave everything else in it as it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit

from .gate.measure import Measured
from .gate.verdict import queries
from .resolve import Budgets


@dataclass(frozen=True, slots=True)
class Change:
    """A new pinned count of an operation; `before` is None for one that was not pinned."""

    operation: str
    before: int | None
    after: int

    @property
    def is_looser(self) -> bool:
        """Whether more is allowed than before."""
        return self.before is not None and self.after > self.before


def changes(budgets: Budgets, measured: Iterable[Measured]) -> list[Change]:
    """What pinning the measured counts changes."""
    found = (Change(item.name, budgets.pinned.get(item.name), queries(item)) for item in measured)
    return [change for change in found if change.before != change.after]


def apply(path: Path, wanted: Iterable[Change]) -> None:
    """Write the changes into the file's [pinned]."""
    document = tomlkit.parse(path.read_text(encoding="utf-8"))
    pinned: Any = document.setdefault("pinned", tomlkit.table())
    for change in wanted:
        pinned[change.operation] = change.after
    path.write_text(tomlkit.dumps(document), encoding="utf-8")
