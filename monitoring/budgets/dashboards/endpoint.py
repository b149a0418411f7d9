"""Endpoint: one operation, everything it costs."""

from __future__ import annotations

from collections.abc import Iterator

from monitoring.panels import Panel, Query

from ..rules.recording import FAILED
from .classic import INSTANCE, JOB, Dashboard, Row, Variable
from .overview import quantiles, rate, share

OPERATION = Variable("operation", "Operation", 'tacho_operations_total{job=~"$job"}', multi=False)
ONE = ',operation="$operation"'


def endpoint() -> Dashboard:
    return Dashboard(
        uid="tachograph-endpoint",
        title="Endpoint",
        description="One operation: an endpoint, a task, a command or a block. Dashed lines are its budget.",
        variables=(JOB, INSTANCE, OPERATION),
        rows=(Row("", list(_served())), Row("The database", list(_sql())), Row("The rest", list(_rest()))),
    )


def _budget(budget: str) -> Query:
    """What was promised, as the running service has it."""
    limit = f'max(tacho_budget_limit{{$selector{ONE},budget="{budget}"}})'
    return Query(limit, "budget")


def _runs() -> str:
    return f"sum({rate('tacho_operation_duration_seconds_count', ONE)})"


def _served() -> Iterator[Panel]:
    by_status = Query(f"sum by (status) ({rate('tacho_operations_total', ONE)})", "{{status}}")
    yield Panel("Traffic", "How often it ends, by status.", "ops", (by_status,))
    latency = (*quantiles(ONE), _budget("latency"))
    yield Panel(
        "Latency", "p50, p95, p99; 95 % shall lie under the budget.", "s", latency, runbook="LatencyBurnFast"
    )
    failed = f"sum({rate('tacho_operations_total', f'{ONE},{FAILED}')})"
    errors = (Query(share(failed, _runs()), "failed"), _budget("errors"))
    yield Panel(
        "Errors", "The share that failed, beside what may.", "percentunit", errors, runbook="ErrorBurnFast"
    )


def _sql() -> Iterator[Panel]:
    queries = f"sum({rate('tacho_operation_db_queries_sum', ONE)})\n/ {_runs()}"
    yield Panel(
        "Queries per run",
        "SQL statements of one run, beside what it may send.",
        "short",
        (Query(queries, "queries"), _budget("queries")),
        runbook="QueryCountRegression",
    )
    nplusone, duplicates, slow = (
        share(f"sum({rate(metric, ONE)})", _runs())
        for metric in ("tacho_nplusone_total", "tacho_duplicate_queries_total", "tacho_slow_queries_total")
    )
    repeated = (Query(nplusone, "runs with an N+1"), Query(duplicates, "duplicates a run"))
    yield Panel(
        "N+1 and duplicates",
        "Statements that come again and again from one line, or with the same parameters.",
        "short",
        repeated,
        runbook="QueryCountRegression",
    )
    yield Panel(
        "Slow queries per run",
        "Queries at or over the slow query threshold.",
        "short",
        (Query(slow, "slow queries"), _budget("slow_queries")),
        runbook="SlowQueryRegression",
    )
    buckets = rate("tacho_operation_db_duration_seconds_bucket", ONE)
    database = Query(f"histogram_quantile(0.95, sum by (le) ({buckets}))", "p95")
    yield Panel("Time in the database", "Of one run: 95 % spend less.", "s", (database,))
    yield Panel(
        "What a second goes for",
        "Of the operation's time: the database, the CPU.",
        "percentunit",
        tuple(_shares()),
    )
    hist = Query(f"sum by (le) ({rate('tacho_operation_db_queries_bucket', ONE)})", "up to {{le}} queries")
    yield Panel(
        "Runs by number of queries", "How many runs a second needed at most so many queries.", "ops", (hist,)
    )


def _shares() -> Iterator[Query]:
    whole = f"sum({rate('tacho_operation_duration_seconds_sum', ONE)})"
    for metric, name in (("db_duration", "database"), ("cpu", "CPU")):
        yield Query(f"sum({rate(f'tacho_operation_{metric}_seconds_sum', ONE)})\n/ {whole}", name)


def _rest() -> Iterator[Panel]:
    calls = Query(
        f"sum by (command, result) ({rate('tacho_cache_operations_total', ONE)})\nor {_runs()} * 0",
        "{{command}} {{result}}",
    )
    yield Panel(
        "Cache",
        "Calls of the cache by command and result.",
        "ops",
        (calls,),
        runbook="CacheHitRateRegression",
    )
    breaches = Query(
        f"sum by (budget) ({rate('tacho_budget_breaches_total', ONE)})\nor {_runs()} * 0", "{{budget}}"
    )
    yield Panel("Broken promises", "Runs a second that broke a budget, by budget.", "ops", (breaches,))
    p95 = 'max(operation:tacho_latency_seconds:p95_5m{job=~"$job",operation="$operation"}'
    beside = (Query(f"{p95})", "now"), Query(f"{p95} offset 1w)", "last week"))
    yield Panel("p95 this week beside last week", "The same hours, seven days apart.", "s", beside)
