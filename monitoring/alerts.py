"""Alerts on what is no operation: a value, and the row of budgets.toml that holds its thresholds.

# yourapp/alerts.py, found by itself
register(ThresholdAlert(
    name="SyncConflicts", threshold="sync_conflicts", expr="sum by (job) (rate(sync_conflicts_total[5m]))",
    summary="Devices overwrite each other", value="{{ $value | printf \\"%.2f\\" }} conflicts a second"))

and in budgets.toml

[threshold.sync_conflicts]
direction = "above"
warning = 1
for = "5m"
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils.module_loading import autodiscover_modules

from .errors import BudgetError

_registry: dict[str, ThresholdAlert] = {}


@dataclass(frozen=True, slots=True)
class ThresholdAlert:
    """One alert, rendered once for each severity that its threshold has.

    `expr` is PromQL whose value is compared with the threshold. `events`, for a share or a percentile, is the
    rate over 5m of what it is made of, with the same labels: `slo.min_events` of them are needed in 5m.
    `summary` and `value` (the end of "Now ...") are templates of Prometheus. `dashboard` is a uid with its
    variables.
    """

    name: str
    threshold: str
    expr: str
    summary: str
    value: str
    events: str = ""
    dashboard: str = field(default="tachograph-recorder?var-job={{ $labels.job }}")


def register(alert: ThresholdAlert) -> None:
    """Adds an app's alert to what `budget render` writes. Raises BudgetError where its name is taken."""
    if _registry.setdefault(alert.name, alert) != alert:
        raise BudgetError(f"there is another alert {alert.name!r} already: give one of them another name")


def registered() -> list[ThresholdAlert]:
    """Every app's alerts by name. Imports the module `alerts` of each installed app."""
    autodiscover_modules("alerts")
    return [_registry[name] for name in sorted(_registry)]


def unregister(name: str) -> None:
    """Takes an app's alert back."""
    _registry.pop(name, None)
