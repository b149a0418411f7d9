"""Warnings on what an operation costs: queries, cache hits, slow queries.

The absolute budget decides that there is a warning. One day and one week ago decide which: a regression,
which a change brought, or a budget that is broken no worse than before. A ratio alone never warns, so that
neither another mix of requests nor a step from one query to two does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ..resolve import Budgets
from .entries import Alerts, Entry
from .objectives import Objective, objectives, undeclared

AGO: Final = ("1d", "1w")


@dataclass(frozen=True, slots=True)
class _Cost:
    """`series` is the cost, `traffic` the rate of what it is averaged over, `over` how it breaks a limit."""

    series: str
    traffic: str
    over: str
    regression: str
    broken: str
    summary: str
    value: str
    duration: str


def regression_alerts(budgets: Budgets, alerts: Alerts) -> Iterator[Entry]:
    """For each cost that budgets.toml limits, a warning for what got worse and one for what was so before."""
    for cost, limits in _costs(budgets):
        over = _over(cost, limits, budgets, alerts)
        worse = _worse(cost, budgets, alerts)
        yield _alert(cost, cost.regression, f"{over}\nand\n{worse}", " It was better before.", alerts)
        yield _alert(cost, cost.broken, f"{over}\nunless\n{worse}", "", alerts)


def _costs(budgets: Budgets) -> Iterator[tuple[_Cost, list[Objective]]]:
    window = budgets.regression.window
    operations = f"operation:tacho_operations:rate{window}"
    if queries := list(objectives(budgets, "queries_max")):
        yield (
            _Cost(
                series=f"operation:tacho_queries_per_operation:ratio{window}",
                traffic=operations,
                over=">",
                regression="QueryCountRegression",
                broken="QueryCountOverBudget",
                summary="more queries than its budget allows",
                value='{{ $value | printf "%.1f" }} queries a run',
                duration=budgets.regression.duration,
            ),
            queries,
        )
    if hit_rates := _hit_rates(budgets):
        yield (
            _Cost(
                series=f"operation:tacho_cache_hit_ratio:rate{window}",
                traffic=f"operation:tacho_cache_lookups:rate{window}",
                over="<",
                regression="CacheHitRateRegression",
                broken="CacheHitRateUnderBudget",
                summary="fewer cache hits than its budget asks for",
                value="{{ $value | humanizePercentage }} hits",
                duration=_for(budgets, "cache_hit_rate"),
            ),
            hit_rates,
        )
    if slow_queries := _slow_queries(budgets):
        yield (
            _Cost(
                series=f"operation:tacho_slow_queries_per_operation:ratio{window}",
                traffic=operations,
                over=">",
                regression="SlowQueryRegression",
                broken="SlowQueriesOverBudget",
                summary="more slow queries than its budget allows",
                value='{{ $value | printf "%.2f" }} slow queries a run',
                duration=_for(budgets, "slow_queries"),
            ),
            slow_queries,
        )


def _hit_rates(budgets: Budgets) -> list[Objective]:
    """An operation's own limit, else the threshold for all that look things up."""
    found = list(objectives(budgets, "cache_min_hit_rate"))
    if threshold := _warning(budgets, "cache_hit_rate"):
        found.append(Objective(threshold, undeclared(budgets, "cache_min_hit_rate")))
    return found


def _slow_queries(budgets: Budgets) -> list[Objective]:
    """What is allowed of each run, and the share of runs that may exceed it."""
    allowance = _warning(budgets, "slow_queries")
    if allowance is None:
        return []
    return [
        Objective(each.limit + allowance, each.selector) for each in objectives(budgets, "slow_queries_max")
    ]


def _warning(budgets: Budgets, name: str) -> float | None:
    threshold = budgets.thresholds.get(name)
    return threshold.warning if threshold else None


def _for(budgets: Budgets, name: str) -> str:
    threshold = budgets.thresholds.get(name)
    return threshold.duration if threshold else budgets.regression.duration


def _over(cost: _Cost, limits: list[Objective], budgets: Budgets, alerts: Alerts) -> str:
    """Where the budget is broken, of those with traffic enough."""
    window = budgets.regression.window
    broken = "\n  or ".join(f"{cost.series}{{{each.selector}}} {cost.over} {each.limit:g}" for each in limits)
    floor = f"{cost.traffic} * {alerts.clock.seconds(window):g}"
    return f"(\n  {broken}\n)\nand\n{floor} >= {budgets.regression.min_operations:g}"


def _worse(cost: _Cost, budgets: Budgets, alerts: Alerts) -> str:
    ratio = budgets.regression.max_ratio
    factor = f"* {ratio:g}" if cost.over == ">" else f"/ {ratio:g}"
    compared = (
        f"{cost.series} {cost.over} {cost.series} offset {alerts.clock.range(ago)} {factor}" for ago in AGO
    )
    return "(\n  " + "\n  or ".join(compared) + "\n)"


def _alert(cost: _Cost, name: str, expr: str, more: str, alerts: Alerts) -> Entry:
    return alerts.alert(
        name,
        expr=expr,
        severity="warning",
        duration=cost.duration,
        summary=f"{{{{ $labels.operation }}}}: {cost.summary}",
        description=f"{{{{ $labels.operation }}}} ({{{{ $labels.class }}}}) averages {cost.value}.{more}",
        dashboard=(
            "tachograph-endpoint?var-job={{ $labels.job }}&var-operation={{ $labels.operation | urlquery }}"
        ),
    )
