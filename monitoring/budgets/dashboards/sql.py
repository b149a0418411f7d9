"""SQL and cache: what all operations together ask of the databases and caches."""

from __future__ import annotations

from collections.abc import Iterator

from monitoring.panels import Panel, Query

from ..resolve import Budgets
from .classic import Dashboard, Row
from .overview import hit_rate_limit, rate


def sql(budgets: Budgets) -> Dashboard:
    return Dashboard(
        uid="tachograph-sql",
        title="SQL and cache",
        description="What all operations together ask of the databases and the caches.",
        rows=(
            Row("Queries", list(_queries(budgets))),
            Row("Who sends them", list(_senders())),
            Row("The server", list(_server(budgets))),
            Row("Cache", list(_cache(budgets))),
        ),
    )


def limits(budgets: Budgets, name: str) -> tuple[float, ...]:
    """A threshold's numbers as a panel's lines."""
    threshold = budgets.thresholds.get(name)
    found = (threshold.warning, threshold.critical) if threshold else ()
    return tuple(limit for limit in found if limit is not None)


def _queries(budgets: Budgets) -> Iterator[Panel]:
    metric = "tacho_db_query_duration_seconds"
    number = Query(f"sum by (alias) ({rate(f'{metric}_count')})", "{{alias}}")
    yield Panel("Queries", "Each once, whatever operations it was nested in.", "ops", (number,))
    slowest = tuple(
        Query(
            f"histogram_quantile({quantile}, sum by (alias, le) ({rate(f'{metric}_bucket')}))",
            f"{{{{alias}}}} p{quantile * 100:g}",
        )
        for quantile in (0.5, 0.95, 0.99)
    )
    yield Panel(
        "Duration of a query",
        "Half, 95 % and 99 % take less; the line is the alert's.",
        "s",
        slowest,
        limits=limits(budgets, "db_query_seconds"),
        runbook="DatabaseSlow",
    )
    busy = Query(f"sum by (alias) ({rate(f'{metric}_sum')})", "{{alias}}")
    yield Panel("Connections at work", "Seconds of SQL in each second.", "short", (busy,))
    others = (
        Query(f"sum by (alias) ({rate('tacho_db_transactions_total')})", "{{alias}} transactions"),
        Query(f"sum by (alias) ({rate('tacho_db_plumbing_total')})", "{{alias}} plumbing"),
    )
    yield Panel("Transactions and plumbing", "Plumbing: savepoints, SET and set_config.", "ops", others)
    rows = Query(f"sum by (alias) ({rate('tacho_db_rows_total')})", "{{alias}}")
    yield Panel("Rows", "Rows that queries returned or changed.", "short", (rows,))
    every = f"sum({rate(f'{metric}_count')})"
    lost = Query(f"sum({rate('tacho_recorder_unattributed_queries_total')})\n/ {every}", "outside")
    yield Panel(
        "Outside of any operation",
        "The share of queries that no operation ran: threads, start-up.",
        "percentunit",
        (lost,),
    )


def _senders() -> Iterator[Panel]:
    for title, metric, unit, what in (
        (
            "Time in the database",
            "tacho_operation_db_duration_seconds_sum",
            "short",
            "seconds in each second",
        ),
        ("Queries", "tacho_operation_db_queries_sum", "ops", "queries a second"),
    ):
        top = Query(f"topk(10, sum by (operation) ({rate(metric)}))", "{{operation}}")
        yield Panel(
            f"{title} by operation", f"The ten that need the most, in {what}.", unit, (top,), width=12
        )
    runs = f"sum by (operation) ({rate('tacho_operation_duration_seconds_count')})"
    for title, metric in (("Slow queries", "tacho_slow_queries_total"), ("N+1", "tacho_nplusone_total")):
        found = f"(sum by (operation) ({rate(metric)}) or {runs} * 0)"
        top = Query(f"topk(10, {found})", "{{operation}}")
        yield Panel(f"{title} by operation", "The ten with the most, a second.", "ops", (top,), width=12)


def _server(budgets: Budgets) -> Iterator[Panel]:
    connections = (
        Query("sum by (state) (max by (job, state) (tacho_pg_connections{$selector}))", "{{state}}"),
        Query("max(tacho_pg_max_connections{$selector})", "the server's limit"),
    )
    yield Panel(
        "Connections of the server",
        "By state, whoever opened them; the lines are the alert's.",
        "short",
        connections,
        limits=limits(budgets, "pg_connections"),
        runbook="DatabaseConnections",
    )
    ours = Query("sum by (alias, state) (tacho_db_connections{$selector})", "{{alias}} {{state}}")
    yield Panel(
        "Connections of this project",
        "What its processes hold open.",
        "short",
        (ours,),
        runbook="DatabaseConnections",
    )
    long = Query("max(tacho_pg_long_running_queries{$selector})", "over 1 s")
    yield Panel(
        "Long-running queries",
        "Statements that have run for more than a second.",
        "short",
        (long,),
        limits=limits(budgets, "pg_long_running_queries"),
        runbook="LongRunningQueries",
    )
    buckets = rate("tacho_db_pool_wait_seconds_bucket")
    wait = Query(f"histogram_quantile(0.95, sum by (le) ({buckets})) >= 0 or vector(0)", "p95")
    yield Panel(
        "Wait for a connection",
        "95 % of those who ask Django's pool wait less; 0 without a pool.",
        "s",
        (wait,),
        limits=limits(budgets, "db_pool_wait_seconds"),
        runbook="DatabasePoolWait",
    )


def _cache(budgets: Budgets) -> Iterator[Panel]:
    calls = "tacho_cache_calls_total"
    number = Query(f"sum by (alias, result) ({rate(calls)})", "{{alias}} {{result}}")
    yield Panel("Calls", "By cache and result, each once.", "ops", (number,), runbook="CacheDown")
    looked_up = f"""sum by (alias) ({rate(calls, ',result=~"hit|miss"')})"""
    hits = f"""(sum by (alias) ({rate(calls, ',result="hit"')}) or {looked_up} * 0)"""
    rates = Query(f"{hits}\n/ {looked_up}", "{{alias}}")
    yield Panel(
        "Hit rate",
        "Of what was looked up; the line is the alert's.",
        "percentunit",
        (rates,),
        limits=hit_rate_limit(budgets),
        bad="below",
        runbook="CacheHitRateRegression",
    )
    missed = f"""sum by (operation) ({rate("tacho_cache_operations_total", ',result="miss"')})"""
    top = Query(f"topk(10, {missed})", "{{operation}}")
    yield Panel(
        "Misses by operation",
        "The ten that miss the most, a second.",
        "ops",
        (top,),
        runbook="CacheHitRateRegression",
    )
    evicted = Query(f"max({rate('tacho_redis_evicted_keys_total')})", "keys")
    yield Panel(
        "Evictions",
        "Keys that Redis threw out for want of memory, a second.",
        "ops",
        (evicted,),
        limits=limits(budgets, "cache_evictions"),
        runbook="CacheEvictions",
    )
    memory = Query("max(tacho_redis_memory_bytes{$selector})", "used")
    yield Panel("Memory of Redis", "What it holds.", "bytes", (memory,), runbook="CacheEvictions")
