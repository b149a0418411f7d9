"""Alerts on burn rates: a budget on latency or on errors that is used up faster than it lasts.

Two windows each: the long one says that it matters, the short one that it still goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from monitoring.errors import BudgetError

from ..model import BURN_RATES
from ..resolve import Budgets
from .entries import Alerts, Entry
from .objectives import objectives
from .recording import SHARES, SLOW_ALLOWED

# An hour and six tell of an emergency, a day and three of a budget that will not last its time.
_NAMES: Final = dict(zip((long for long, _, _ in BURN_RATES), ("Fast", "Fast", "Slow", "Slow"), strict=True))


@dataclass(frozen=True, slots=True)
class _Kind:
    alert: str
    summary: str
    worst: str


_KINDS: Final = {
    "latency": _Kind(
        "LatencyBurn", "Operations of class {{ $labels.class }} are slower than their objective", "slowest"
    ),
    "errors": _Kind(
        "ErrorBurn", "Operations of class {{ $labels.class }} fail more often than they may", "most failing"
    ),
}


def burn_alerts(budgets: Budgets, alerts: Alerts) -> Iterator[Entry]:
    """For each budget and each pair of windows. Raises BudgetError for one that could never fire."""
    for budget, worst_allowed in _allowed(budgets).items():
        for long, short, factor in BURN_RATES:
            burn_limit(factor, worst_allowed)
            yield _alert(budget, (long, short, factor), budgets.slo.min_events, alerts)


def burn_limit(factor: float, allowed: float) -> float:
    """The burn above which an alert fires. Raises BudgetError when even total failure stays under it."""
    if factor * allowed >= 1:
        raise BudgetError(
            f"a burn rate of {factor:g} over an allowed share of {allowed:g} can never fire: at the worst "
            f"everything fails, {1 / allowed:g} times the budget. Allow less than {1 / factor:.3g}."
        )
    return factor


def _allowed(budgets: Budgets) -> dict[str, float]:
    """Each budget's greatest allowed share."""
    errors = [each.limit for each in objectives(budgets, "errors_max_rate")]
    slow = [SLOW_ALLOWED for _ in objectives(budgets, "latency_p95_ms")]
    return {budget: max(shares) for budget, shares in {"latency": slow, "errors": errors}.items() if shares}


def _alert(budget: str, burn: tuple[str, str, float], min_events: float, alerts: Alerts) -> Entry:
    (long, short, factor), kind, bad = burn, _KINDS[budget], SHARES[budget]
    worst = (
        f'{{{{ with printf "topk(1, operation:tacho_{bad}_operations:rate5m'
        '{job=%q,kind=%q,class=%q} > 0)" $labels.job $labels.kind $labels.class | query }}'
        f" The {kind.worst} now: {{{{ (. | first).Labels.operation }}}}.{{{{ end }}}}"
    )
    return alerts.alert(
        f"{kind.alert}{_NAMES[long]}",
        expr=(
            f"class:tacho_{budget}_burn:ratio{long} > {factor:g}\n"
            f"and\nclass:tacho_{budget}_burn:ratio{short} > {factor:g}\n"
            # Traffic enough for the alert to rest on more than a few operations.
            f"and\nclass:tacho_{bad}_operations:increase{long} >= {min_events:g}"
        ),
        severity="critical",
        labels={"budget": budget, "window": long},
        summary=kind.summary,
        description=(
            f"The {budget} budget of class {{{{ $labels.class }}}} ({{{{ $labels.kind }}}}) is being used up "
            f'{{{{ $value | printf "%.1f" }}}} times too fast over {long}, and still is over {short}.{worst}'
        ),
        dashboard="tachograph-overview?var-job={{ $labels.job }}&var-class={{ $labels.class }}",
    )
