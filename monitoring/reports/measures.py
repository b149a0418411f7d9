"""What the sums of an operation's periods say: costs of one run, rates, and which promises were broken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from monitoring.budgets import Budget

from .shapes import Broken, Measures
from .sql import Sums

PROMISES: Final = ("latency", "errors", "queries", "duplicates", "nplusone", "slow_queries", "cache")
COLUMNS: Final = (
    "runs", "errors", "duration_s", "duration_max_s", "database_s", "cpu_s", "cpu_runs", "queries",
    "slow_queries", "duplicates", "nplusone", "cache_hits", "cache_misses",
    *(f"broke_{promise}" for promise in PROMISES),
)  # fmt: skip


def rate(part: float, whole: float) -> float | None:
    """`part` of `whole`; None of nothing."""
    return part / whole if whole else None


def measures(sums: Sums) -> Measures:
    """The costs that the sums of COLUMNS tell."""
    runs = sums["runs"]
    return Measures(
        runs=sums.whole("runs"),
        errors=sums.whole("errors"),
        error_rate=rate(sums["errors"], runs),
        total_ms=sums.ms("duration_s"),
        mean_ms=rate(sums.ms("duration_s"), runs),
        p50_ms=sums.percentile_ms(0.50),
        p95_ms=sums.percentile_ms(0.95),
        p99_ms=sums.percentile_ms(0.99),
        max_ms=sums.ms("duration_max_s") if runs else None,
        database_ms=rate(sums.ms("database_s"), runs),
        cpu_ms=rate(sums.ms("cpu_s"), sums["cpu_runs"]),
        queries=sums.whole("queries"),
        queries_per_run=rate(sums["queries"], runs),
        slow_queries=sums.whole("slow_queries"),
        duplicates=sums.whole("duplicates"),
        nplusone=sums.whole("nplusone"),
        cache_hits=sums.whole("cache_hits"),
        cache_misses=sums.whole("cache_misses"),
        hit_rate=rate(sums["cache_hits"], sums["cache_hits"] + sums["cache_misses"]),
    )


def broken(budget: Budget, sums: Sums) -> tuple[Broken, ...]:
    """The promises that the window did not keep.

    Latency, errors and the hit rate are promised of many runs: their percentile and rates are held against
    the limit. The others are promised of each run: one that broke it is enough.
    """
    found = [*_of_many(budget, sums), *_of_each(budget, sums)]
    return tuple(sorted(found, key=lambda one: (one.level != "error", PROMISES.index(one.budget))))


def _of_many(budget: Budget, sums: Sums) -> Iterator[Broken]:
    cost = measures(sums)
    for name, measured, limit, unit in (
        ("latency", cost.p95_ms, budget.latency_p95_ms, "ms"),
        ("errors", cost.error_rate, budget.errors_max_rate, "rate"),
        ("cache", cost.hit_rate, budget.cache_min_hit_rate, "rate"),
    ):
        if measured is None or limit is None:
            continue
        if measured < limit if name == "cache" else measured > limit:
            yield Broken(name, budget.level(name), sums.whole(f"broke_{name}"), limit, measured, unit)


def _of_each(budget: Budget, sums: Sums) -> Iterator[Broken]:
    for name, limit in (
        ("queries", budget.queries_max),
        ("duplicates", budget.duplicates_max),
        ("nplusone", budget.nplusone_max),
        ("slow_queries", budget.slow_queries_max),
    ):
        runs = sums.whole(f"broke_{name}")
        if limit is not None and runs:
            yield Broken(name, budget.level(name), runs, limit, rate(sums[name], sums["runs"]), "")
