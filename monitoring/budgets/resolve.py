"""Which budget applies to an operation: override over operation over class, key by key."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any

from .locate import line_of
from .model import Budget, Exemption, Key, Level, Links, Recording, Regression, Rule, Slo, Threshold

REMEMBERED = 4096


def matches(pattern: str, name: str) -> bool:
    """Whether a `match` hits an operation's name; `*` and `?` stand for any text and any character."""
    return pattern == name or fnmatchcase(name, pattern.replace("[", "[[]"))


@dataclass(eq=False)
class Budgets:
    """All of budgets.toml. Without a file: no classes, no limits, and the default recording."""

    path: Path | None = None
    recording: Recording = field(default_factory=Recording)
    slo: Slo = field(default_factory=Slo)
    regression: Regression = field(default_factory=Regression)
    links: Links = field(default_factory=Links)
    classes: Mapping[str, Rule] = field(default_factory=dict)
    operations: tuple[Rule, ...] = ()
    overrides: tuple[Rule, ...] = ()
    thresholds: Mapping[str, Threshold] = field(default_factory=dict)
    pinned: Mapping[str, int] = field(default_factory=dict)
    exemptions: tuple[Exemption, ...] = ()
    today: date = field(default_factory=date.today)

    def __post_init__(self) -> None:
        self._resolve = lru_cache(REMEMBERED)(self._merge)
        # Asked for by every operation.
        self.slow_ns = round(self.recording.slow_query_ms * 1_000_000)

    def resolve(self, name: str, operation_class: str) -> Budget:
        """The budget of the operation `name`; every limit None when its class has no numbers."""
        return self._resolve(name, operation_class)

    def rules(self, name: str, operation_class: str) -> list[Rule]:
        """The tables that set the operation's limits, the weakest first; an expired override sets none."""
        family = self.classes.get(operation_class)
        live = [rule for rule in self.overrides if not self.expired(rule)]
        return [
            *([family] if family else []),
            *_hits(self.operations, name),
            *_hits(live, name),
        ]

    def expired(self, rule: Rule | Exemption) -> bool:
        """Whether its last day is over."""
        return rule.expires is not None and rule.expires < self.today

    def where(self, entry: Rule | Exemption | Threshold) -> str:
        """File and line of an entry: `budgets.toml:12`."""
        return f"{self.path}:{self.line(entry.key)}"

    def line(self, key: Key) -> int:
        """The line of a key of the file; 1 without a file."""
        return line_of(self.path.read_text(encoding="utf-8"), key) if self.path is not None else 1

    def latency_bounds(self) -> tuple[float, ...]:
        """Every latency objective of the file, in seconds, sorted: the bounds a histogram needs."""
        rules = [*self.classes.values(), *self.operations, *self.overrides]
        keys = ("latency_p95_ms", "latency_p99_ms")
        return tuple(
            sorted({rule.limits[key] / 1000 for rule in rules for key in keys if key in rule.limits})
        )

    def _merge(self, name: str, operation_class: str) -> Budget:
        limits: dict[str, Any] = {}
        levels: dict[str, Level] = {}
        rules = self.rules(name, operation_class)
        for rule in rules:
            limits |= rule.limits
            levels |= rule.levels
        source = " > ".join(rule_name(rule) for rule in reversed(rules)) or "none"
        return Budget(source=source, levels=levels, **limits)


def rule_name(rule: Rule) -> str:
    """How a table is called in messages and lists."""
    if rule.expires is not None:
        return f"override {rule.match} until {rule.expires}"
    return rule.match if rule.match.startswith("class.") else f"operation {rule.match}"


def _hits(rules: Iterable[Rule], name: str) -> list[Rule]:
    """The exact name is stronger than a pattern; among equals the later in the file is."""
    hits = [rule for rule in rules if matches(rule.match, name)]
    return sorted(hits, key=lambda rule: rule.match == name)
