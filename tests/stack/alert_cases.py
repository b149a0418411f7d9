"""Series for promtool, and for each alert a case in which it fires, in which not, and of low traffic.

Values are in promtool's notation, a sample a minute: `0+60x120` is one a second for two hours.
"""

from dataclasses import dataclass, field

Series = dict[str, str]
LIST = {"kind": "request", "operation": "GET /api/municipalities", "class": "list"}
REPORT = {"kind": "request", "operation": "GET /api/reports/{id}", "class": "report"}
PUSH = {"kind": "request", "operation": "POST /api/sync/push", "class": "sync"}
COVERAGE = {"kind": "block", "operation": "coverage.sync_municipality", "class": "sync"}


@dataclass
class Case:
    """At `at` the alerts that fire are exactly `fires`: (name, severity) or (name, severity, window)."""

    name: str
    series: Series
    at: str
    fires: set[tuple[str, ...]] = field(default_factory=set)


def series(metric: str, values: str, **labels: str) -> Series:
    inside = ",".join(f'{key}="{value}"' for key, value in {"job": "tachograph", **labels}.items())
    return {f"{metric}{{{inside}}}": values}


def operation(
    labels: dict[str, str], runs: str, *, within: tuple[str, str] = ("", ""), **costs: str
) -> Series:
    """Runs of an operation; `within` is a bucket (le, values); costs are failed, queries, slow, hit, miss."""
    found = series("tacho_operation_duration_seconds_count", runs, **labels)
    le, fast = within
    if le:
        found |= series("tacho_operation_duration_seconds_bucket", fast, **labels, le=le)
    named = {
        "failed": ("tacho_operations_total", {"status": "503"}),
        "queries": ("tacho_operation_db_queries_sum", {}),
        "slow": ("tacho_slow_queries_total", {"alias": "default"}),
        "hit": ("tacho_cache_operations_total", {"alias": "default", "command": "get", "result": "hit"}),
        "miss": ("tacho_cache_operations_total", {"alias": "default", "command": "get", "result": "miss"}),
    }
    for cost, values in costs.items():
        metric, more = named[cost]
        found |= series(metric, values, **labels, **more)
    return found


def histogram(metric: str, le: str, within: str, all_: str, **labels: str) -> Series:
    """A histogram with one bound: so many lie under it, so many there are."""
    return (
        series(f"{metric}_bucket", within, le=le, **labels)
        | series(f"{metric}_bucket", all_, le="+Inf", **labels)
        | series(f"{metric}_count", all_, **labels)
    )


FAST_LATENCY = ("LatencyBurnFast", "critical", "1h")
FAST_ERRORS = ("ErrorBurnFast", "critical", "1h")


def rest(alert: str, *windows: str) -> set[tuple[str, ...]]:
    """The slower alerts of a burn, which a fast one hides in Alertmanager."""
    return {(f"{alert}{'Fast' if window == '6h' else 'Slow'}", "critical", window) for window in windows}


BURNS = [
    Case(
        "fires when most of an hour was slow",
        operation(LIST, "0+60x200", within=("0.2", "0+60x60 3600x49 3600+54x90")),
        "110m",
        {FAST_LATENCY, *rest("LatencyBurn", "6h", "1d", "3d")},
    ),
    Case(
        "an hour's emergency is over minutes after the operations are fast again",
        operation(LIST, "0+60x200", within=("0.2", "0+60x60 3600x49 3600+60x90")),
        "120m",
        rest("LatencyBurn", "6h", "1d", "3d"),
    ),
    Case(
        "fires over six hours at eight times the budget",
        operation(LIST, "0+60x400", within=("0.2", "0+36x400")),
        "390m",
        rest("LatencyBurn", "6h", "1d", "3d"),
    ),
    Case(
        "fires over a day at four times the budget",
        operation(LIST, "0+60x400", within=("0.2", "0+48x400")),
        "390m",
        rest("LatencyBurn", "1d", "3d"),
    ),
    Case(
        "fires over three days at twice the budget",
        operation(LIST, "0+60x400", within=("0.2", "0+54x400")),
        "390m",
        rest("LatencyBurn", "3d"),
    ),
    Case(
        "does not fire while the budget is kept",
        operation(LIST, "0+100x400", within=("0.2", "0+96x400")),
        "390m",
    ),
    Case(
        "does not fire on low traffic, however slow: one request in ten minutes",
        operation(LIST, " ".join(f"{n}x9" for n in range(9)), within=("0.2", "0x90")),
        "85m",
    ),
    Case(
        "a whole second is found as Prometheus 2 and as 3 write it, and each kind stands for itself",
        operation(PUSH, "0+60x120", within=("1.0", "0+60x120"))
        | operation(COVERAGE, "0+60x120", within=("1", "0+6x120")),
        "110m",
        {FAST_LATENCY, *rest("LatencyBurn", "6h", "1d", "3d")},
    ),
    Case(
        "reports have an objective of their own",
        operation(REPORT, "0+60x120", within=("1.5", "0+6x120")),
        "110m",
        {FAST_LATENCY, *rest("LatencyBurn", "6h", "1d", "3d")},
    ),
    Case(
        "errors fire when a fifth of an hour fails",
        operation(LIST, "0+60x120", within=("0.2", "0+60x120"), failed="0+12x120"),
        "110m",
        {FAST_ERRORS, *rest("ErrorBurn", "6h", "1d", "3d")},
    ),
    Case(
        "errors fire slowly at twice the budget",
        operation(LIST, "0+100x400", within=("0.2", "0+100x400"), failed="0+2x400"),
        "390m",
        rest("ErrorBurn", "3d"),
    ),
    Case(
        "errors do not fire while the budget is kept",
        operation(LIST, "0+200x400", within=("0.2", "0+200x400"), failed="0+1x400"),
        "390m",
    ),
    Case(
        "errors do not fire on low traffic, though all of it fails",
        operation(
            LIST, " ".join(f"{n}x9" for n in range(9)), within=("0.2", "0+1x90"), failed="0 0 0 1+0x9 2x60"
        ),
        "85m",
    ),
]

# An hour's average needs an hour of it; offsets of a day begin where a day is.
SINCE_YESTERDAY = "1530m"
DAY = 1440


def day_then(before: int, after: int) -> str:
    """So many a minute for a day, then so many for two hours."""
    return f"0+{before}x{DAY} {before * DAY + after}+{after}x120"


def steady(rate: int, minutes: int = DAY + 120) -> str:
    return f"0+{rate}x{minutes}"


def kept(labels: dict[str, str], minutes: int = DAY + 120, runs: int = 60, **costs: str) -> Series:
    """Runs in time, at a cost."""
    le = {"list": "0.2", "report": "1.5", "sync": "1"}[labels["class"]]
    return operation(labels, steady(runs, minutes), within=(le, steady(runs, minutes)), **costs)


COSTS = [
    Case(
        "more queries than allowed, and than yesterday",
        kept(LIST, queries=day_then(240, 420)),
        SINCE_YESTERDAY,
        {("QueryCountRegression", "warning")},
    ),
    Case(
        "more queries than yesterday, within the budget",
        kept(LIST, queries=day_then(120, 300)),
        SINCE_YESTERDAY,
    ),
    Case(
        "more queries than allowed, as yesterday",
        kept(LIST, queries=steady(420)),
        SINCE_YESTERDAY,
        {("QueryCountOverBudget", "warning")},
    ),
    Case(
        "more queries than allowed, and nothing to compare with",
        kept(PUSH, 90, queries=steady(60 * 31, 90)),
        "80m",
        {("QueryCountOverBudget", "warning")},
    ),
    Case(
        "queries of a few runs are not judged",
        operation(LIST, "0x30 1+0.2x60", within=("0.2", "0x30 1+0.2x60"), queries="0x30 50+10x60"),
        "80m",
    ),
    Case(
        "fewer hits than asked for, and than yesterday",
        kept(LIST, hit=day_then(57, 30), miss=day_then(3, 30)),
        SINCE_YESTERDAY,
        {("CacheHitRateRegression", "warning")},
    ),
    Case(
        "fewer hits than asked for, as yesterday",
        kept(LIST, hit=steady(30), miss=steady(30)),
        SINCE_YESTERDAY,
        {("CacheHitRateUnderBudget", "warning")},
    ),
    Case(
        "no hit at all", kept(LIST, 90, miss=steady(60, 90)), "80m", {("CacheHitRateUnderBudget", "warning")}
    ),
    Case(
        "an operation's own limit comes before the threshold",
        kept(REPORT, 90, hit=steady(36, 90), miss=steady(24, 90)),
        "80m",
    ),
    Case("as many hits as asked for", kept(LIST, 90, hit=steady(50, 90), miss=steady(10, 90)), "80m"),
    Case("few look-ups are not judged", kept(LIST, 90, miss="0x30 1+0.2x60"), "80m"),
    Case(
        "more slow queries than allowed, and than yesterday",
        kept(LIST, slow=day_then(0, 6)),
        SINCE_YESTERDAY,
        {("SlowQueryRegression", "warning")},
    ),
    Case(
        "more slow queries than allowed, as yesterday",
        kept(LIST, slow=steady(6)),
        SINCE_YESTERDAY,
        {("SlowQueriesOverBudget", "warning")},
    ),
    Case("a report's one slow query is allowed", kept(REPORT, 90, slow=steady(60, 90)), "80m"),
    Case("slow queries within the allowance", kept(LIST, 90, slow=steady(2, 90)), "80m"),
    Case(
        "slow queries of a few runs are not judged",
        operation(LIST, "0x30 1+0.2x60", within=("0.2", "0x30 1+0.2x60"), slow="0x30 1+0.2x60"),
        "80m",
    ),
]
WEEK = 7 * DAY
LAST_WEEK = [
    Case(
        "more queries than last week, though as many as yesterday",
        kept(
            LIST,
            WEEK + 120,
            queries=f"0+240x{WEEK - 2 * DAY} {240 * (WEEK - 2 * DAY) + 420}+420x{2 * DAY + 120}",
        ),
        f"{WEEK + 90}m",
        {("QueryCountRegression", "warning")},
    )
]


def gauge(metric: str, value: float, **labels: str) -> Series:
    return series(metric, f"{value}x30", **labels)


def both(name: str, metric: str, steps: tuple[float, float, float], **labels: str) -> list[Case]:
    """A gauge at the warning's limit, above it, and above the critical one."""
    at, warning, critical = steps
    pages = {(name, "warning"), (name, "critical")}
    return [
        Case(f"{name}: not at the limit", gauge(metric, at, **labels), "20m"),
        Case(f"{name}: not before its time", gauge(metric, critical, **labels), "4m"),
        Case(f"{name}: a ticket", gauge(metric, warning, **labels), "20m", {(name, "warning")}),
        Case(f"{name}: a page", gauge(metric, critical, **labels), "20m", pages),
    ]


def slowest(name: str, metric: str, le: str, severities: tuple[str, ...], **labels: str) -> list[Case]:
    """A histogram of which a tenth lies over `le`; the next bound is far above it."""

    def shares(within: str, all_: str) -> Series:
        return histogram(metric, le, within, all_, **labels) | series(
            f"{metric}_bucket", all_, le="20", **labels
        )

    fires = {(name, severity) for severity in severities}
    return [
        Case(f"{name}: fires", shares("0+54x30", "0+60x30"), "20m", fires),
        Case(f"{name}: the slowest hundredth is none", shares("0+99x30", "0+100x30"), "20m"),
        Case(f"{name}: not on low traffic", shares("0x30", "0+1x30"), "20m"),
    ]


def calls(ok: str, failed: str) -> Series:
    labels = {"alias": "default", "command": "get"}
    return series("tacho_cache_calls_total", ok, result="hit", **labels) | series(
        "tacho_cache_calls_total", failed, result="error", **labels
    )


THRESHOLDS = [
    *both("DatabaseConnections", "tacho_pg_connections", (40, 41, 51), state="active"),
    Case(
        "DatabaseConnections: what two processes tell of one server counts once",
        gauge("tacho_pg_connections", 30, state="idle", instance="a")
        | gauge("tacho_pg_connections", 30, state="idle", instance="b"),
        "20m",
    ),
    *both("LongRunningQueries", "tacho_pg_long_running_queries", (0, 1, 6)),
    *slowest("DatabasePoolWait", "tacho_db_pool_wait_seconds", "0.1", ("warning", "critical")),
    *slowest("DatabaseSlow", "tacho_db_query_duration_seconds", "0.2", ("warning",), alias="default"),
    *slowest("RequestQueue", "tacho_request_queue_seconds", "0.5", ("warning", "critical")),
    Case("CacheDown: a ticket", calls("0+95x30", "0+5x30"), "20m", {("CacheDown", "warning")}),
    Case(
        "CacheDown: a page",
        calls("0+10x30", "0+50x30"),
        "20m",
        {("CacheDown", "warning"), ("CacheDown", "critical")},
    ),
    Case("CacheDown: a rare fault is none", calls("0+1000x30", "0+5x30"), "20m"),
    Case("CacheDown: not on low traffic", calls("0x30", "0+1x30"), "20m"),
    Case(
        "CacheEvictions: fires",
        series("tacho_redis_evicted_keys_total", "0+120x30"),
        "20m",
        {("CacheEvictions", "warning")},
    ),
    Case("CacheEvictions: not at a key a second", series("tacho_redis_evicted_keys_total", "0+60x30"), "20m"),
    *both("TaskQueueLong", "tacho_celery_queue_length", (100, 101, 1001), queue="celery"),
    *both("TaskQueueOld", "tacho_celery_oldest_task_seconds", (60, 61, 601), queue="celery"),
    Case(
        "WorkersBusy: fires",
        gauge("tacho_requests_in_progress", 5) | gauge("tacho_workers", 4),
        "20m",
        {("WorkersBusy", "critical")},
    ),
    Case(
        "WorkersBusy: not while one of four is free",
        gauge("tacho_requests_in_progress", 4) | gauge("tacho_workers", 4),
        "20m",
    ),
    Case(
        "WorkersBusy: a scrape alone",
        gauge("tacho_requests_in_progress", 1) | gauge("tacho_workers", 1),
        "20m",
    ),
    Case("ScrapeMissing: fires", gauge("up", 0, instance="b"), "20m", {("ScrapeMissing", "critical")}),
    Case("ScrapeMissing: not after one that failed", series("up", "1x9 0 1x20", instance="b"), "11m"),
    Case(
        "RecorderErrors: fires",
        series("tacho_recorder_errors_total", "0+1x30"),
        "20m",
        {("RecorderErrors", "warning")},
    ),
    Case(
        "RecorderErrors: not after a fault long ago", series("tacho_recorder_errors_total", "0 1x30"), "20m"
    ),
    Case(
        "RecorderDropping: fires",
        series("tacho_recorder_dropped_total", "0+1x30"),
        "20m",
        {("RecorderDropping", "warning")},
    ),
    Case(
        "RecorderDropping: not after a drop long ago", series("tacho_recorder_dropped_total", "0 1x30"), "20m"
    ),
]
ABSENT = [
    Case("MetricsAbsent: fires", gauge("up", 1), "20m", {("MetricsAbsent", "critical")}),
    Case("MetricsAbsent: not while one target shows them", gauge("tacho_slots", 0, state="used"), "20m"),
]
