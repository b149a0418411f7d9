"""The statements that each operation ran at the last `budget update`, kept beside budgets.toml.

No limit stands here: the file lets a breach tell which statements came and which went.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from monitoring.errors import BudgetError

from .measure import Measured
from .statements import Line, lines_of

# Enough to know a statement by; its fingerprint is exact.
MAX_SQL = 240

Statements = Mapping[str, Mapping[str, Any]]


class Pins:
    """The pinned statements by operation: `{fingerprint: {"sql", "small", "large"}}`, runs at 5 and at 50."""

    def __init__(self, operations: Mapping[str, Statements] | None = None) -> None:
        self._operations = dict(operations or {})

    @classmethod
    def beside(cls, budgets_toml: Path) -> "Pins":
        """The pins of a budgets.toml; none if they were never written. Raises BudgetError when unreadable."""
        path = lock_path(budgets_toml)
        if not path.exists():
            return cls()
        try:
            return cls(json.loads(path.read_text(encoding="utf-8")))
        except ValueError as error:
            raise BudgetError(
                f"{path}: is not readable ({error}): remove it and run `budget update`"
            ) from error

    def updated(self, measured: Iterable[Measured], known: Iterable[str]) -> "Pins":
        """These pins with what was measured now, without the operations that are not known any more."""
        now = {item.name: {key: _pin(line) for key, line in lines_of(item).items()} for item in measured}
        kept = {name: pinned for name, pinned in self._operations.items() if name in set(known)}
        return Pins(kept | now)

    def write(self, budgets_toml: Path) -> None:
        """Sorted, so that a review shows what changed and nothing else."""
        text = json.dumps(self._operations, indent=1, sort_keys=True)
        lock_path(budgets_toml).write_text(text + "\n", encoding="utf-8")

    def changes(self, measured: Measured) -> list[Line]:
        """The statements that came, went or run another number of times. None where nothing is pinned."""
        pinned = self._operations.get(measured.name)
        if pinned is None:
            return []
        now = lines_of(measured)
        changed = [
            line.noted(_change(pinned.get(key))) for key, line in now.items() if _pin(line) != pinned.get(key)
        ]
        gone = [
            Line(key, pin["sql"], 0, 0, (), f"went; it ran {pin['small']} > {pin['large']} times")
            for key, pin in pinned.items()
            if key not in now
        ]
        return changed + gone


def lock_path(budgets_toml: Path) -> Path:
    """`budgets.toml` has its pins in `budgets.lock.json`."""
    return budgets_toml.with_name(f"{budgets_toml.stem}.lock.json")


def _pin(line: Line) -> dict[str, Any]:
    return {"sql": line.sql[:MAX_SQL], "small": line.small, "large": line.large}


def _change(pin: Mapping[str, Any] | None) -> str:
    return "came" if pin is None else f"it ran {pin['small']} > {pin['large']} times"
