"""Panels of the Grafana dashboards that `budget render` writes, and the seam by which an app adds its own.

# yourapp/panels.py, found by itself
register("tachograph-sync", Panel(
    title="Conflicts", description="What two devices changed at once.", unit="cps",
    queries=(Query("sum(rate(sync_conflicts_total{$selector}[$__rate_interval]))", "conflicts"),)))
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.utils.module_loading import autodiscover_modules

from .errors import BudgetError


@dataclass(frozen=True, slots=True)
class Query:
    """PromQL and the name of its series. `$selector` stands for matchers of the chosen job and instance."""

    expr: str
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """What one panel shows.

    `unit` is Grafana's name of it. `limits` are drawn as lines, the first for a warning, the last for a page;
    `bad` says on which side of them it is bad. `width` is of 24 columns, `height` of 30 pixels each.
    `runbook` is an alert whose runbook the panel links to.
    """

    title: str
    description: str
    unit: str
    queries: tuple[Query, ...]
    kind: Literal["timeseries", "stat", "table"] = "timeseries"
    width: int = 8
    height: int = 7
    limits: tuple[float, ...] = ()
    bad: Literal["above", "below"] = "above"
    runbook: str = ""


_registry: dict[str, dict[str, Panel]] = {}


def register(dashboard: str, panel: Panel) -> None:
    """Adds an app's panel to the dashboard with that uid. Raises BudgetError where its title is taken."""
    if _registry.setdefault(dashboard, {}).setdefault(panel.title, panel) != panel:
        raise BudgetError(f"{dashboard} has another panel {panel.title!r} already: give it another title")


def unregister(dashboard: str, title: str) -> None:
    """Takes an app's panel back."""
    _registry.get(dashboard, {}).pop(title, None)


def registered(dashboard: str) -> list[Panel]:
    """Every app's panels of a dashboard by title. Imports the module `panels` of each installed app."""
    autodiscover_modules("panels")
    panels = _registry.get(dashboard, {})
    return [panels[title] for title in sorted(panels)]
