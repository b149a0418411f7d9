"""Prometheus' rules from budgets.toml: recording rules per operation and class, and the alerts over them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from monitoring.alerts import ThresholdAlert, registered
from monitoring.errors import BudgetError

from ..resolve import Budgets
from .burn import burn_alerts
from .entries import Alerts, Clock, Entry, rule_file
from .infrastructure import INFRASTRUCTURE
from .recording import recording
from .regression import regression_alerts
from .thresholds import threshold_alerts

__all__ = ["FOLDER", "Clock", "alerts", "render"]

FOLDER: Final = Path("prometheus/rules")


def render(
    budgets: Budgets, clock: Clock | None = None, apps: Sequence[ThresholdAlert] | None = None
) -> dict[Path, str]:
    """The rule files, by their path from the folder of budgets.toml.

    `apps` are the alerts that apps bring, the registered ones by default; a test's `clock` shrinks durations.
    Raises BudgetError for an alert that could never fire, and where there is no objective to alert on.
    """
    clock = clock or Clock()
    if not any("latency_p95_ms" in rule.limits for rule in budgets.classes.values()):
        raise BudgetError("no latency objective to make rules of: give each class in budgets.toml a p95_ms")
    return {
        FOLDER / "recording.yml": rule_file("tachograph-recording", recording(budgets, clock)),
        FOLDER / "alerts.yml": rule_file("tachograph-alerts", alerts(budgets, clock, apps)),
    }


def alerts(budgets: Budgets, clock: Clock, apps: Sequence[ThresholdAlert] | None = None) -> list[Entry]:
    """All alerts: of operations, of infrastructure, of apps."""
    maker = Alerts(budgets.links, clock)
    catalogue = [*INFRASTRUCTURE, *(registered() if apps is None else apps)]
    return [
        *burn_alerts(budgets, maker),
        *regression_alerts(budgets, maker),
        *threshold_alerts(budgets, catalogue, maker),
        *_watchdog(maker),
    ]


def _watchdog(maker: Alerts) -> Iterator[Entry]:
    yield maker.alert(
        "Watchdog",
        expr="vector(1)",
        severity="none",
        summary="Alerts reach you",
        description="Always fires. Where it stops arriving, Prometheus or Alertmanager is down or cut off.",
        dashboard="tachograph-recorder",
    )
