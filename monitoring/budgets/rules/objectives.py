"""Each objective of budgets.toml with a PromQL selector of the operations that it counts for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ..model import Number, Rule
from ..resolve import Budgets


class Objective(NamedTuple):
    """A limit, and the label matchers of the operations for which none is stronger."""

    limit: Number
    selector: str


def objectives(budgets: Budgets, limit: str) -> Iterator[Objective]:
    """Every objective for `limit`, a field of Budget; no operation is selected by two of them."""
    stronger: list[str] = []
    for rule in _strongest_first(budgets):
        if limit in rule.limits:
            yield Objective(rule.limits[limit], ",".join([_own(rule), *but(stronger)]))
            stronger.append(name_pattern(rule.match))
    for name, rule in budgets.classes.items():
        if limit in rule.limits:
            yield Objective(rule.limits[limit], ",".join([f'class="{name}"', *but(stronger)]))


def undeclared(budgets: Budgets, limit: str) -> str:
    """Label matchers of the operations for which budgets.toml has no such objective."""
    patterns = [name_pattern(rule.match) for rule in _strongest_first(budgets) if limit in rule.limits]
    classes = [name for name, rule in budgets.classes.items() if limit in rule.limits]
    other_classes = [f'class!~"{"|".join(classes)}"'] if classes else []
    return ",".join([*other_classes, *but(patterns)])


def le_pattern(seconds: float) -> str:
    """A pattern for a bucket's `le`: Prometheus 3 writes 1.0 where Prometheus 2 may keep 1."""
    text = f"{seconds:.12g}"
    return text.replace(".", "[.]") if "." in text else f"{text}([.]0)?"


def name_pattern(match: str) -> str:
    """A budget's `match` as a pattern for the label `operation`."""
    wild = {"*": ".*", "?": "."}
    return "".join(wild.get(character, _literal(character)) for character in match)


def but(patterns: list[str]) -> list[str]:
    """A matcher that leaves out operations by patterns, none where there are none."""
    return [f'operation!~"{"|".join(patterns)}"'] if patterns else []


def _literal(character: str) -> str:
    # A class needs no backslash, which would have to be doubled inside PromQL's quotes.
    return f"[{character}]" if character in "+.()[]{}|$" else character


def _strongest_first(budgets: Budgets) -> Iterator[Rule]:
    """The tables on operations, as Budgets.resolve ranks them."""
    live = [rule for rule in budgets.overrides if not budgets.expired(rule)]
    for rules in (live, budgets.operations):
        weakest_first = sorted(rules, key=lambda rule: not re.search(r"[*?]", rule.match))
        yield from reversed(weakest_first)


def _own(rule: Rule) -> str:
    return f'operation=~"{name_pattern(rule.match)}"'
