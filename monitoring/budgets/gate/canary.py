"""Holds a running deployment to the budgets, by what its Prometheus recorded."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from monitoring.budgets import Budget, Budgets
from monitoring.budgets.resolve import matches
from monitoring.errors import BudgetError

from .prometheus import Labels, Prometheus
from .verdict import Finding

Figures = Mapping[Labels, float]


@dataclass(frozen=True, slots=True)
class Observed:
    """An operation of the deployment: `runs` in the window; `errors` and `queries` for each of them.

    `is_judged` is False where the traffic is too little. `hit_rate` is None where nothing was looked up.
    """

    operation: str
    operation_class: str
    runs: float
    is_judged: bool
    errors: float
    queries: float
    hit_rate: float | None
    findings: tuple[Finding, ...]

    @property
    def failed(self) -> bool:
        """Whether a breach is an error."""
        return any(finding.level == "error" for finding in self.findings)


class Canary:
    """What a window of a deployment shows, read at once."""

    def __init__(self, prometheus: Prometheus) -> None:
        ask = prometheus.increase
        self._runs = ask("tacho_operation_duration_seconds_count")
        if not self._runs:
            raise BudgetError(
                f"Prometheus at {prometheus.url} has no operation of the last {prometheus.window}: "
                "check --window, --selector, and that it scrapes the service's /metrics"
            )
        self._durations = prometheus.buckets("tacho_operation_duration_seconds")
        self._errors = ask("tacho_operations_total", 'status=~"5..|error"')
        self._queries = ask("tacho_operation_db_queries_sum")
        self._duplicates = ask("tacho_duplicate_queries_total")
        self._nplusone = ask("tacho_nplusone_total")
        self._slow_queries = ask("tacho_slow_queries_total")
        self._hits = ask("tacho_cache_operations_total", 'result="hit"')
        self._misses = ask("tacho_cache_operations_total", 'result="miss"')

    def observed(self, budgets: Budgets, patterns: list[str], floor: int) -> Iterator[Observed]:
        """Every operation that a pattern hits; those with fewer runs than `floor` are not judged."""
        for labels, runs in sorted(self._runs.items()):
            if not runs or (patterns and not any(matches(pattern, labels.operation) for pattern in patterns)):
                continue
            budget = budgets.resolve(labels.operation, labels.operation_class)
            is_judged = runs >= floor
            yield Observed(
                operation=labels.operation,
                operation_class=labels.operation_class,
                runs=runs,
                is_judged=is_judged,
                errors=self._errors.get(labels, 0) / runs,
                queries=self._queries.get(labels, 0) / runs,
                hit_rate=self._hit_rate(labels),
                findings=tuple(self._findings(labels, runs, budget)) if is_judged else (),
            )

    def _hit_rate(self, labels: Labels) -> float | None:
        hits, misses = self._hits.get(labels, 0), self._misses.get(labels, 0)
        return hits / (hits + misses) if hits + misses else None

    def _findings(self, labels: Labels, runs: float, budget: Budget) -> Iterator[Finding]:
        yield from self._latency(labels, runs, budget)
        averages: tuple[tuple[str, Figures, float | None], ...] = (
            ("errors", self._errors, budget.errors_max_rate),
            ("queries", self._queries, budget.queries_max),
            ("duplicates", self._duplicates, budget.duplicates_max),
            ("nplusone", self._nplusone, budget.nplusone_max),
            ("slow_queries", self._slow_queries, budget.slow_queries_max),
        )
        for name, figures, limit in averages:
            value = figures.get(labels, 0) / runs
            if limit is not None and value > limit:
                message = f"{value:.3g} a run over {runs:.0f} runs, the budget is {limit:g} ({budget.source})"
                yield Finding(labels.operation, name, budget.level(name), message)
        rate, least = self._hit_rate(labels), budget.cache_min_hit_rate
        if rate is not None and least is not None and rate < least:
            message = f"{rate:.1%} of the look-ups hit, the budget is {least:.1%} ({budget.source})"
            yield Finding(labels.operation, "cache", budget.level("cache"), message)

    def _latency(self, labels: Labels, runs: float, budget: Budget) -> Iterator[Finding]:
        for share, objective in ((0.95, budget.latency_p95_ms), (0.99, budget.latency_p99_ms)):
            if objective is None:
                continue
            within = self._durations.get(labels, {}).get(objective / 1000)
            if within is None:
                message = f"no bucket at {objective:g} ms: the deployment was started with other budgets"
                yield Finding(labels.operation, "latency", "warn", message)
            elif within / runs < share:
                message = (
                    f"{within / runs:.1%} within {objective:g} ms, promised are {share:.0%} ({budget.source})"
                )
                yield Finding(labels.operation, "latency", budget.level("latency"), message)
