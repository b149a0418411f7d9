"""Alerts on thresholds: what a `[threshold.*]` of budgets.toml says of a value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from monitoring.alerts import ThresholdAlert
from monitoring.errors import BudgetError

from ..model import Number, Threshold
from ..resolve import Budgets
from .entries import Alerts, Clock, Entry
from .infrastructure import USED_BY_OPERATIONS

_DURATION = re.compile(r"\[(\d+[smhdw])\]")


def threshold_alerts(
    budgets: Budgets, catalogue: Sequence[ThresholdAlert], alerts: Alerts
) -> Iterator[Entry]:
    """Each alert whose threshold is declared, once for each severity.

    Raises BudgetError for a threshold that no alert uses: it would guard nothing.
    """
    _all_used(budgets, {alert.threshold for alert in catalogue} | USED_BY_OPERATIONS)
    for alert in catalogue:
        if found := budgets.thresholds.get(alert.threshold):
            yield from _severities(alert, found, budgets.slo.min_events, alerts)


def _all_used(budgets: Budgets, used: set[str]) -> None:
    for name, threshold in budgets.thresholds.items():
        if name not in used:
            raise BudgetError(
                f"{budgets.where(threshold)}: threshold.{name} is used by no alert; known: "
                f"{', '.join(sorted(used))}. Correct the name, or register an alert (monitoring.alerts)"
            )


def _severities(
    alert: ThresholdAlert, threshold: Threshold, min_events: Number, alerts: Alerts
) -> Iterator[Entry]:
    for severity, limit in (("warning", threshold.warning), ("critical", threshold.critical)):
        if limit is not None:
            yield alerts.alert(
                alert.name,
                expr=_expr(alert, threshold, limit, min_events, alerts.clock),
                severity=severity,
                duration=threshold.duration,
                summary=alert.summary,
                description=(
                    f"Now {alert.value}; the limit is {limit:g} "
                    f"({threshold.direction} it for {threshold.duration})."
                ),
                dashboard=alert.dashboard,
            )


def _expr(
    alert: ThresholdAlert, threshold: Threshold, limit: Number, min_events: Number, clock: Clock
) -> str:
    # A comparison binds less than what stands before it, and more than `or`.
    value = f"(\n{alert.expr}\n)" if "\n" in alert.expr else alert.expr
    expr = f"{value} {'>' if threshold.direction == 'above' else '<'} {limit:g}"
    if alert.events:
        expr += f"\nand\n{alert.events} * {clock.seconds('5m'):g} >= {min_events:g}"
    return _DURATION.sub(lambda found: f"[{clock.range(found[1])}]", expr)
