"""Prometheus' rules from budgets.toml: recording rules per operation and class, and the alerts over them.

Each budget is an allowed share: of slow operations (p95: 5 %), of failed ones. Its burn is the share that was
seen over the share that is allowed, so that one alert serves every class whatever its numbers are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from monitoring.errors import BudgetError

from .model import BURN_RATES, Rule
from .resolve import Budgets

# 95 % of the operations keep the objective: that is what p95_ms promises.
SLOW_ALLOWED = 0.05

DURATION = "tacho_operation_duration_seconds"
OPERATION = "job, kind, operation, class"
CLASS = "job, kind, class"

DASHBOARD = "tachograph-overview"
HEADER = "# Rendered from budgets.toml by `manage.py budget render`. Change that file, not this one.\n"

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True)
class Links:
    """What an alert points to: folders under which `<alert>.md` and `<dashboard's uid>` lie."""

    runbooks: str = "docs/runbooks"
    dashboards: str = "http://127.0.0.1:3000/d"


@dataclass(frozen=True, slots=True)
class Burn:
    """An alert over two windows: the long one says that it matters, the short one that it still goes on."""

    alert: str
    long: str
    short: str
    factor: float
    severity: str


LATENCY_BURNS = (Burn("LatencyBurnFast", *BURN_RATES[0], severity="critical"),)

Entry = dict[str, Any]


def render(budgets: Budgets, scale: float = 1.0, links: Links | None = None) -> dict[Path, str]:
    """The rule files, by their path from the folder of budgets.toml.

    `scale` shrinks every window, for tests: 1/240 makes 15 s of 1 h. Names keep the full windows.
    Raises BudgetError for an alert that could never fire, and where there is no objective to alert on.
    """
    if not list(_latency_objectives(budgets)):
        raise BudgetError("no latency objective to make rules of: give each class in budgets.toml a p95_ms")
    renderer = _Renderer(budgets, scale, links or Links())
    groups = {"recording.yml": renderer.recording(), "alerts.yml": renderer.alerts()}
    return {Path("prometheus/rules") / name: _file(rules) for name, rules in groups.items()}


def burn_limit(factor: float, allowed: float) -> float:
    """The burn above which an alert fires. Raises BudgetError when even total failure stays under it."""
    if factor * allowed >= 1:
        raise BudgetError(
            f"a burn rate of {factor:g} over an allowed share of {allowed:g} can never fire: at the worst "
            f"everything fails, {1 / allowed:g} times the budget. Allow less than {1 / factor:.3g}."
        )
    return factor


@dataclass(frozen=True, slots=True)
class _Renderer:
    budgets: Budgets
    scale: float
    links: Links

    def recording(self) -> list[Entry]:
        windows = dict.fromkeys(window for burn in LATENCY_BURNS for window in (burn.short, burn.long))
        return [rule for window in windows for rule in self._window(window)]

    def alerts(self) -> list[Entry]:
        return [self._latency_alert(burn) for burn in LATENCY_BURNS]

    def _window(self, window: str) -> Iterator[Entry]:
        every = f"operation:tacho_operations:rate{window}"
        yield _record(every, f"sum by ({OPERATION}) (rate({DURATION}_count[{self._scaled(window)}]))")
        yield _record(f"class:tacho_operations:rate{window}", f"sum by ({CLASS}) ({every})")
        yield _record(f"operation:tacho_slow_operations:rate{window}", f"{every}\n-\n{self._in_time(window)}")
        yield _burn("latency", "slow", window, SLOW_ALLOWED)

    def _in_time(self, window: str) -> str:
        """The rate of operations within their objective: what lies in the objective's bucket."""
        buckets = (
            f'rate({DURATION}_bucket{{{selector},le=~"{le_pattern(seconds)}"}}[{self._scaled(window)}])'
            for seconds, selector in _latency_objectives(self.budgets)
        )
        return f"sum by ({OPERATION}) (\n  " + "\n  or ".join(buckets) + "\n)"

    def _latency_alert(self, burn: Burn) -> Entry:
        worst = (
            f'{{{{ with printf "topk(1, operation:tacho_slow_operations:rate{burn.short}'
            '{job=%q,kind=%q,class=%q})" $labels.job $labels.kind $labels.class | query }}'
            " The slowest now: {{ (. | first).Labels.operation }}.{{ end }}"
        )
        return self._alert(
            burn,
            expr=self._burning("latency", burn, SLOW_ALLOWED),
            summary="Operations of class {{ $labels.class }} are slower than their objective",
            description=(
                "The latency budget of class {{ $labels.class }} ({{ $labels.kind }}) is being used up "
                f'{{{{ $value | printf "%.1f" }}}} times too fast over {burn.long}, and still is over '
                f"{burn.short}.{worst}"
            ),
        )

    def _burning(self, budget: str, burn: Burn, allowed: float) -> str:
        """Both windows burn, and the traffic is such that the budget allows at least one failure in it."""
        limit = burn_limit(burn.factor, allowed)
        seconds = _seconds(burn.long) * self.scale
        return (
            f"class:tacho_{budget}_burn:rate{burn.long} > {limit:g}\n"
            f"and\nclass:tacho_{budget}_burn:rate{burn.short} > {limit:g}\n"
            f"and\nclass:tacho_operations:rate{burn.long} * {seconds:g} >= {1 / allowed:g}"
        )

    def _alert(self, burn: Burn, *, expr: str, summary: str, description: str) -> Entry:
        return {
            "alert": burn.alert,
            "expr": expr,
            "labels": {"severity": burn.severity},
            "annotations": {
                "summary": summary,
                "description": description,
                "runbook_url": f"{self.links.runbooks}/{burn.alert}.md",
                "dashboard_url": f"{self.links.dashboards}/{DASHBOARD}?var-class={{{{ $labels.class }}}}",
            },
        }

    def _scaled(self, window: str) -> str:
        milliseconds = round(_seconds(window) * self.scale * 1000)
        return window if self.scale == 1 else f"{milliseconds}ms"


def le_pattern(seconds: float) -> str:
    """A pattern for a bucket's `le`: Prometheus 3 writes 1.0 where Prometheus 2 may keep 1."""
    text = f"{seconds:.12g}"
    return text.replace(".", "[.]") if "." in text else f"{text}([.]0)?"


def name_pattern(match: str) -> str:
    """A budget's `match` as a pattern for the label `operation`."""
    wild = {"*": ".*", "?": "."}
    return "".join(wild.get(character, _literal(character)) for character in match)


def _literal(character: str) -> str:
    # A class needs no backslash, which would have to be doubled inside PromQL's quotes.
    return f"[{character}]" if character in "+.()[]{}|$" else character


def _latency_objectives(budgets: Budgets) -> Iterator[tuple[float, str]]:
    """Each p95 objective in seconds, with a selector of the operations for which none is stronger."""
    stronger: list[str] = []
    for rule in _strongest_first(budgets):
        if "latency_p95_ms" in rule.limits:
            yield rule.limits["latency_p95_ms"] / 1000, ",".join([_own(rule), *_but(stronger)])
            stronger.append(name_pattern(rule.match))
    for name, rule in budgets.classes.items():
        if "latency_p95_ms" in rule.limits:
            yield rule.limits["latency_p95_ms"] / 1000, ",".join([f'class="{name}"', *_but(stronger)])


def _strongest_first(budgets: Budgets) -> Iterator[Rule]:
    """The tables on operations, as Budgets.resolve ranks them."""
    live = [rule for rule in budgets.overrides if not budgets.expired(rule)]
    for rules in (live, budgets.operations):
        weakest_first = sorted(rules, key=lambda rule: not re.search(r"[*?]", rule.match))
        yield from reversed(weakest_first)


def _own(rule: Rule) -> str:
    return f'operation=~"{name_pattern(rule.match)}"'


def _but(patterns: list[str]) -> list[str]:
    return [f'operation!~"{"|".join(patterns)}"'] if patterns else []


def _burn(budget: str, bad: str, window: str, allowed: float) -> Entry:
    """The share of bad operations among those that have this budget, over the share that is allowed."""
    seen = f"operation:tacho_{bad}_operations:rate{window}"
    return _record(
        f"class:tacho_{budget}_burn:rate{window}",
        f"sum by ({CLASS}) ({seen})\n"
        f"/\nsum by ({CLASS}) (operation:tacho_operations:rate{window} and {seen})\n/ {allowed:g}",
    )


def _record(name: str, expr: str) -> Entry:
    return {"record": name, "expr": expr}


def _seconds(window: str) -> float:
    parts = re.findall(r"(\d+)(ms|[smhd])", window)
    return sum(int(number) * _UNITS[unit] for number, unit in parts)


class _Dumper(yaml.SafeDumper):
    """An expression of several lines is written as such."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def _file(rules: list[Entry]) -> str:
    name = "tachograph-alerts" if "alert" in rules[0] else "tachograph-recording"
    document = {"groups": [{"name": name, "rules": rules}]}
    return HEADER + yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=1000)
