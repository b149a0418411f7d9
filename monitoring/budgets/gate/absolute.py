"""Milliseconds against the objectives: true on a machine that does nothing else, a hint on a shared one."""

from collections.abc import Iterator, Sequence
from math import ceil

from monitoring.budgets import Budget, Level

from .measure import Measured
from .statements import line_of
from .verdict import Finding

SHARES = (0.50, 0.95, 0.99)


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value that `share` of the values do not exceed (nearest rank); None of no values."""
    return sorted(values)[ceil(share * len(values)) - 1] if values else None


def absolute(measured: Measured, budget: Budget, *, is_dedicated: bool) -> Iterator[Finding]:
    """Objectives that the calls at the large size missed; errors only on a dedicated machine."""
    level: Level = "error" if is_dedicated else "warn"
    for share, objective in ((0.95, budget.latency_p95_ms), (0.99, budget.latency_p99_ms)):
        value = percentile(measured.large.times_ms, share)
        if value is not None and objective is not None and value > objective:
            message = (
                f"p{share * 100:.0f} is {value:.0f} ms, the objective is {objective:g} ms ({budget.source})"
            )
            yield Finding(measured.name, "latency", level, message)
    slow = measured.large.cold.slow_queries
    if budget.slow_queries_max is not None and len(slow) > budget.slow_queries_max:
        message = f"{len(slow)} slow queries, the budget is {budget.slow_queries_max:g}"
        lines = (
            line_of(measured, item.statement.fingerprint, f"{item.duration_ns / 1e6:.0f} ms") for item in slow
        )
        yield Finding(measured.name, "slow_queries", level, message, tuple(lines))
