"""Overview: what each class of operations costs beside what it may cost. The first page one looks at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from monitoring.panels import Panel, Query

from ..model import BURN_RATES, Rule
from ..resolve import Budgets
from ..rules.recording import FAILED
from .classic import INSTANCE, JOB, Dashboard, Row, Variable

CLASS: Final = Variable("class", "Class", 'tacho_operations_total{job=~"$job"}')
# The classes whose rows are open: what users and devices wait for.
OPEN: Final = ("list", "report", "sync")
FAST_BURN: Final = BURN_RATES[0]


def overview(budgets: Budgets) -> Dashboard:
    rows = [Row("", list(_totals())), Row("Classes side by side", list(_side_by_side()))]
    ordered = sorted(budgets.classes, key=lambda name: (name not in OPEN, name))
    rows += [
        Row(f"Class {name}", list(_of_class(name, budgets.classes[name], budgets)), name not in OPEN)
        for name in ordered
    ]
    return Dashboard(
        uid="tachograph-overview",
        title="Overview",
        description="What each class of operations costs, beside what it may cost.",
        variables=(JOB, INSTANCE, CLASS),
        rows=rows,
    )


def share(part: str, whole: str) -> str:
    """A share that is 0, not absent, where the part never happened."""
    return f"({part} or {whole} * 0)\n/ {whole}"


def rate(metric: str, matchers: str = "") -> str:
    return f"rate({metric}{{$selector{matchers}}}[$__rate_interval])"


def quantiles(matchers: str, by: str = "") -> tuple[Query, ...]:
    """Half, 95 % and 99 % of the operations."""
    buckets = rate("tacho_operation_duration_seconds_bucket", matchers)
    labels = f"{by}, le" if by else "le"
    return tuple(
        Query(f"histogram_quantile({quantile}, sum by ({labels}) ({buckets}))", f"p{quantile * 100:g}")
        for quantile in (0.5, 0.95, 0.99)
    )


def _totals() -> Iterator[Panel]:
    chosen = ',class=~"$class"'
    operations = f"sum({rate('tacho_operations_total', chosen)})"
    failed = f"sum({rate('tacho_operations_total', chosen + ',' + FAILED)})"
    breaches = f"sum({rate('tacho_budget_breaches_total', chosen)})"
    yield _stat("Operations", "Requests, tasks, commands and blocks that ended, a second.", "ops", operations)
    yield _stat(
        "Failures", "Of all operations: HTTP 5xx, or an exception.", "percentunit", share(failed, operations)
    )
    firing = 'count(ALERTS{alertstate="firing",severity=~"critical|warning",job=~"$job"}) or vector(0)'
    yield _stat("Firing alerts", "Pages and tickets; the table below names them.", "short", firing, (1,))
    yield _stat(
        "Broken budgets",
        "Operations that broke a promise of budgets.toml, a minute.",
        "cpm",
        share(breaches, operations) + f" * {operations} * 60",
    )
    alerts = 'ALERTS{alertstate="firing",severity=~"critical|warning",job=~"$job"}'
    nothing = 'label_replace(vector(0), "alertname", "none", "", "")'
    yield Panel(
        title="Alerts",
        description="What fires now, by severity and class. `none` with the value 0: nothing does.",
        unit="short",
        queries=(Query(f"{alerts} or on () {nothing}"),),
        kind="table",
        width=24,
        height=6,
    )


def _stat(title: str, description: str, unit: str, expr: str, limits: tuple[float, ...] = ()) -> Panel:
    query = (Query(expr),)
    return Panel(title, description, unit, query, kind="stat", width=6, height=4, limits=limits)


def _side_by_side() -> Iterator[Panel]:
    chosen = '{job=~"$job",class=~"$class"}'
    left = tuple(
        Query(f"class:tacho_{budget}_budget_left:ratio{chosen}", f"{{{{class}}}} {{{{kind}}}}, {budget}")
        for budget in ("latency", "errors")
    )
    yield Panel(
        "Budget left",
        "Of what may be slow or fail over the SLO's window, what is left. Under 0: more was.",
        "percentunit",
        left,
        limits=(0,),
        bad="below",
    )
    long, short, factor = FAST_BURN
    burns = tuple(
        Query(f"class:tacho_latency_burn:ratio{window}{chosen}", f"{{{{class}}}} {{{{kind}}}}, {window}")
        for window in (short, long)
    )
    yield Panel(
        "Latency burn rate",
        "How many times too fast it is used up. Over the line in both windows it pages.",
        "short",
        burns,
        limits=(factor,),
        runbook="LatencyBurnFast",
    )
    burns = tuple(
        Query(f"class:tacho_errors_burn:ratio{window}{chosen}", f"{{{{class}}}} {{{{kind}}}}, {window}")
        for window in (short, long)
    )
    yield Panel(
        "Error burn rate",
        "How many times too fast it is used up. Over the line in both windows it pages.",
        "short",
        burns,
        limits=(factor,),
        runbook="ErrorBurnFast",
    )
    slow = 'operation:tacho_slow_operations:rate5m{job=~"$job",class=~"$class"}'
    every = 'operation:tacho_operations:rate5m{job=~"$job",class=~"$class"}'
    yield Panel(
        "Slowest operations",
        "Of each operation's runs, the share that missed the objective.",
        "percentunit",
        (Query(f"topk(20, {slow} / {every})"),),
        kind="table",
        width=24,
        height=8,
    )


def _of_class(name: str, rule: Rule, budgets: Budgets) -> Iterator[Panel]:
    matchers = f',class="{name}"'
    limits = rule.limits
    latency = tuple(limits[key] / 1000 for key in ("latency_p95_ms", "latency_p99_ms") if key in limits)
    operations = f"sum({rate('tacho_operations_total', matchers)})"
    failed = f"sum({rate('tacho_operations_total', f'{matchers},{FAILED}')})"
    runs = f"sum({rate('tacho_operation_db_queries_count', matchers)})"
    of = f"Class {name}"
    yield Panel(
        f"{of}: latency",
        "p50, p95, p99. The lines: 95 % and 99 % shall lie under them.",
        "s",
        quantiles(matchers),
        limits=latency,
        runbook="LatencyBurnFast",
    )
    yield Panel(
        f"{of}: errors",
        "The share that failed; the line is what may.",
        "percentunit",
        (Query(share(failed, operations), "failed"),),
        limits=_limit(rule, "errors_max_rate"),
        runbook="ErrorBurnFast",
    )
    queries = f"sum({rate('tacho_operation_db_queries_sum', matchers)})\n/ {runs}"
    yield Panel(
        f"{of}: queries per operation",
        "SQL statements of one run; the line is the class' budget.",
        "short",
        (Query(queries, "queries"),),
        limits=_limit(rule, "queries_max"),
        runbook="QueryCountRegression",
    )
    slow = f"sum({rate('tacho_slow_queries_total', matchers)})"
    yield Panel(
        f"{of}: slow queries per operation",
        f"Of {budgets.recording.slow_query_ms:g} ms and more, in one run; the line is the budget.",
        "short",
        (Query(share(slow, runs), "slow queries"),),
        limits=_limit(rule, "slow_queries_max"),
        runbook="SlowQueryRegression",
        width=6,
    )
    looked_up, hits = (
        f"sum({rate('tacho_cache_operations_total', f'{matchers},result=~{quoted}')})"
        for quoted in ('"hit|miss"', '"hit"')
    )
    yield Panel(
        f"{of}: cache hit rate",
        "Of what it looked up in the cache; 1 where it looks nothing up.",
        "percentunit",
        (Query(f"({share(hits, f'({looked_up} > 0)')}) or vector(1)", "hits"),),
        limits=hit_rate_limit(budgets),
        bad="below",
        runbook="CacheHitRateRegression",
        width=6,
    )
    for title, series, unit in (
        ("traffic", "class:tacho_operations:rate5m", "ops"),
        ("p95", "class:tacho_latency_seconds:p95_5m", "s"),
    ):
        now = f'{series}{{job=~"$job",class="{name}"}}'
        beside = (Query(now, "{{kind}} now"), Query(f"{now} offset 1w", "{{kind}} last week"))
        yield Panel(
            f"{of}: {title} this week beside last week",
            "The same hours, seven days apart.",
            unit,
            beside,
            width=6,
        )


def hit_rate_limit(budgets: Budgets) -> tuple[float, ...]:
    """The threshold's warning, as a panel's line."""
    threshold = budgets.thresholds.get("cache_hit_rate")
    return (threshold.warning,) if threshold and threshold.warning is not None else ()


def _limit(rule: Rule, key: str) -> tuple[float, ...]:
    return (rule.limits[key],) if key in rule.limits else ()
