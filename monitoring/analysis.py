"""What a finished record says: duplicates, N+1, and which promises of the budget it broke."""

from __future__ import annotations

from .budgets import Budget, budgets
from .record import NPlusOne, Operation
from .runs import StatementRuns


def analyse(operation: Operation) -> None:
    """Fill in the operation's duplicates, N+1s, budget and breaches."""
    rules = budgets()
    if operation.queries > 1:
        _find_repeats(operation, rules.recording.nplusone_runs)
    operation.budget = rules.resolve(operation.name, operation.operation_class)
    operation.breaches = tuple(_breaches(operation, operation.budget))


def _find_repeats(operation: Operation, threshold: float) -> None:
    for runs in operation._statements.values():  # noqa: SLF001  (most ran once, and need no object)
        if not isinstance(runs, StatementRuns):
            continue
        for place, found in runs.by_place.items():
            operation.duplicates += found.duplicates
            found.bulk = None  # it has served to tell pieces apart, and holds the caller's variables
            if found.distinct > threshold:
                operation.nplusone.append(NPlusOne(runs.statement, place, found.runs))


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
    broken = []
    limit = budget.latency_p95_ms
    if limit is not None and operation.duration_ns > limit * 1e6:
        broken.append("latency")
    if operation.queries:
        broken += _query_breaches(operation, budget)
    if budget.errors_max_rate is not None and is_error(operation.status):
        broken.append("errors")
    if budget.cache_min_hit_rate is not None and operation.cache:
        rate = hit_rate(operation)
        if rate is not None and rate < budget.cache_min_hit_rate:
            broken.append("cache")
    return broken


def _query_breaches(operation: Operation, budget: Budget) -> list[str]:
    slow = sum(cost.slow for cost in operation.databases.values()) if operation.slow_queries else 0
    measured = (
        ("queries", operation.queries, budget.queries_max),
        ("duplicates", operation.duplicates, budget.duplicates_max),
        ("nplusone", len(operation.nplusone), budget.nplusone_max),
        ("slow_queries", slow, budget.slow_queries_max),
    )
    return [name for name, value, limit in measured if limit is not None and value > limit]
