"""What a finished record says: duplicates, N+1, and which promises of the budget it broke."""

from __future__ import annotations

from .budgets import Budget, budgets
from .record import NPlusOne, Operation


def analyse(operation: Operation) -> None:
    """Fill in the operation's duplicates, N+1s, budget and breaches."""
    threshold = budgets().recording.nplusone_runs
    for runs in operation.statements.values():
        operation.duplicates += runs.duplicates
        for place, found in runs.by_place.items():
            found.bulk = None  # it has served to tell pieces apart, and holds the caller's variables
            if len(found.distinct) > threshold:
                operation.nplusone.append(NPlusOne(runs.statement, place, found.runs))
    operation.budget = budgets().resolve(operation.name, operation.operation_class)
    operation.breaches = tuple(_breaches(operation, operation.budget))


def is_error(status: str) -> bool:
    """Whether a status is a failure of the service: `error`, or an HTTP 5xx."""
    return status == "error" or (len(status) == 3 and status[0] == "5")


def hit_rate(operation: Operation) -> float | None:
    """Hits over look-ups, or None where it looked nothing up."""
    hits = misses = 0
    for (_, _, result), number in operation.cache.items():
        if result == "hit":
            hits += number
        elif result == "miss":
            misses += number
    return hits / (hits + misses) if hits or misses else None


def _breaches(operation: Operation, budget: Budget) -> list[str]:
    """The names of the broken promises, as the label `budget` has them."""
    slow = sum(cost.slow for cost in operation.databases.values()) if operation.slow_queries else 0
    measured = (
        ("latency", operation.duration_ns / 1e6, budget.latency_p95_ms),
        ("queries", operation.queries, budget.queries_max),
        ("duplicates", operation.duplicates, budget.duplicates_max),
        ("nplusone", len(operation.nplusone), budget.nplusone_max),
        ("slow_queries", slow, budget.slow_queries_max),
    )
    broken = [name for name, value, limit in measured if limit is not None and value > limit]
    if budget.errors_max_rate is not None and is_error(operation.status):
        broken.append("errors")
    if budget.cache_min_hit_rate is not None:
        rate = hit_rate(operation)
        if rate is not None and rate < budget.cache_min_hit_rate:
            broken.append("cache")
    return broken
