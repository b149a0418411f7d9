"""Changes of numbers in budgets.toml that leave everything else in it as it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import AoT, Whitespace

from .gate.measure import Measured
from .model import Number
from .resolve import Budgets


@dataclass(frozen=True, slots=True)
class Change:
    """A new `queries.max` of the entry for exactly this operation. `before` is its own, None without one."""

    operation: str
    before: Number | None
    after: int
    is_looser: bool


def changes(budgets: Budgets, measured: Iterable[Measured]) -> list[Change]:
    """What pinning the measured counts changes, overrides left aside: they end by themselves."""
    found = []
    for item in measured:
        most = max(item.small.cold.queries, item.large.cold.queries)
        limits = [
            rule.limits["queries_max"]
            for rule in budgets.rules(item.name, item.operation_class)
            if rule.expires is None and "queries_max" in rule.limits
        ]
        own = _own_limit(budgets, item.name)
        if own != most:
            found.append(Change(item.name, own, most, is_looser=bool(limits) and most > limits[-1]))
    return found


def _own_limit(budgets: Budgets, operation: str) -> Number | None:
    for rule in reversed(budgets.operations):
        if rule.match == operation and "queries_max" in rule.limits:
            return rule.limits["queries_max"]
    return None


def apply(path: Path, wanted: Iterable[Change]) -> None:
    """Write the changes into the file, each to the last entry of its operation, or to a new one."""
    document = tomlkit.parse(path.read_text(encoding="utf-8"))
    entries: Any = document.setdefault("operation", tomlkit.aot())
    for change in wanted:
        _set(entries, change)
    path.write_text(tomlkit.dumps(document), encoding="utf-8")


def _set(entries: AoT, change: Change) -> None:
    own: Any = next((entry for entry in reversed(entries) if entry["match"] == change.operation), None)
    if own is None:
        own = tomlkit.table()
        own.add("match", change.operation)
        entries.append(own)
    if "queries" in own:
        own["queries"]["max"] = change.after
        return
    body = own.value.body
    while body and isinstance(
        body[-1][1], Whitespace
    ):  # the blank lines before the next entry come last again
        body.pop()
    own.add("queries", tomlkit.value(f"{{ max = {change.after} }}"))
    own.add(tomlkit.nl())
