"""What rules are made of: windows that a test may shrink, entries of a rule file, and the file itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

from ..model import Links

HEADER = "# Rendered from budgets.toml by `manage.py budget render`. Change that file, not this one.\n"
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}

Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Clock:
    """Durations as they are, or shrunk for a test: 1/240 makes 15 s of 1 h. Names keep the full ones."""

    scale: float = 1.0

    def range(self, duration: str) -> str:
        """A duration as PromQL has it."""
        return duration if self.scale == 1 else f"{round(seconds(duration) * self.scale * 1000)}ms"

    def seconds(self, duration: str) -> float:
        """A duration's length now."""
        return seconds(duration) * self.scale


def seconds(duration: str) -> float:
    """How long a duration in Prometheus' notation is."""
    return sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+)(ms|[smhdwy])", duration))


def record(name: str, expr: str) -> Entry:
    return {"record": name, "expr": expr}


@dataclass(frozen=True, slots=True)
class Alerts:
    """Makes alerts that point to their runbook and dashboard."""

    links: Links
    clock: Clock

    def alert(
        self,
        name: str,
        *,
        expr: str,
        severity: str,
        summary: str,
        description: str,
        dashboard: str,
        duration: str = "",
        labels: dict[str, str] | None = None,
    ) -> Entry:
        """`duration` is the rule's `for`; `dashboard` a uid with its variables; the texts are templates."""
        return {
            "alert": name,
            "expr": expr,
            **({"for": self.clock.range(duration)} if duration else {}),
            "labels": {"severity": severity, **(labels or {})},
            "annotations": {
                "summary": summary,
                "description": description,
                "runbook_url": f"{self.links.runbooks}/{name}.md",
                "dashboard_url": f"{self.links.dashboards}/{dashboard}",
            },
        }


class _Dumper(yaml.SafeDumper):
    """An expression of several lines is written as such."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def rule_file(group: str, rules: list[Entry]) -> str:
    """A rule file of one group, whose rules Prometheus evaluates one after the other."""
    document = {"groups": [{"name": group, "rules": rules}]}
    return HEADER + yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=1000)
