"""Mobile and coverage sync: what devices push and pull, and the roll-ups that follow."""

from __future__ import annotations

from collections.abc import Iterator

from monitoring.panels import Panel, Query, registered

from ..resolve import Budgets
from ..rules.recording import FAILED
from .classic import Dashboard, Row
from .overview import rate, share

SYNC = ',class="sync"'
BY = "operation, kind"
LEGEND = "{{operation}} ({{kind}})"


def sync(budgets: Budgets) -> Dashboard:
    own = registered("tachograph-sync")
    rows = [Row("Operations of class sync", list(_operations(budgets)))]
    return Dashboard(
        uid="tachograph-sync",
        title="Mobile and coverage sync",
        description="Operations of class sync: what devices push and pull, and coverage's roll-ups.",
        rows=[*rows, Row("Devices", own)] if own else rows,
    )


def _operations(budgets: Budgets) -> Iterator[Panel]:
    limits = budgets.classes["sync"].limits if "sync" in budgets.classes else {}

    def line(key: str, scale: float = 1) -> tuple[float, ...]:
        return (limits[key] * scale,) if key in limits else ()

    runs = f"sum by ({BY}) ({rate('tacho_operations_total', SYNC)})"
    yield Panel("Traffic", "Requests, roll-ups and tasks, a second.", "ops", (Query(runs, LEGEND),))
    buckets = rate("tacho_operation_duration_seconds_bucket", SYNC)
    p95 = f"histogram_quantile(0.95, sum by ({BY}, le) ({buckets}))"
    yield Panel(
        "Latency, 95 % within",
        "The line is the objective of the class.",
        "s",
        (Query(p95, LEGEND),),
        limits=line("latency_p95_ms", 0.001),
        runbook="LatencyBurnFast",
    )
    failed = f"sum by ({BY}) ({rate('tacho_operations_total', f'{SYNC},{FAILED}')})"
    yield Panel(
        "Errors",
        "The share that failed; the line is what may.",
        "percentunit",
        (Query(share(failed, runs), LEGEND),),
        limits=line("errors_max_rate"),
        runbook="ErrorBurnFast",
    )
    number = f"sum by ({BY}) ({rate('tacho_operation_db_queries_sum', SYNC)})\n/ {runs}"
    yield Panel(
        "Queries per run",
        "A sync needs as many for many rows as for few.",
        "short",
        (Query(number, LEGEND),),
        limits=line("queries_max"),
        runbook="QueryCountRegression",
    )
    slow = f"sum by ({BY}) ({rate('tacho_slow_queries_total', SYNC)})"
    yield Panel(
        "Slow queries per run",
        "Queries at or over the slow query threshold.",
        "short",
        (Query(share(slow, runs), LEGEND),),
        limits=line("slow_queries_max"),
        runbook="SlowQueryRegression",
    )
    database = f"sum by ({BY}) ({rate('tacho_operation_db_duration_seconds_sum', SYNC)})\n/ {runs}"
    yield Panel("Time in the database", "Of one run, on average.", "s", (Query(database, LEGEND),))
    left = 'class:tacho_latency_budget_left:ratio{job=~"$job",class="sync"}'
    yield Panel(
        "Latency budget left",
        "Of what may be slow over the SLO's window, the share that is left.",
        "percentunit",
        (Query(left, "{{kind}}"),),
        limits=(0,),
        bad="below",
        runbook="LatencyBurnSlow",
    )
    waiting = Query("max by (queue) (tacho_celery_queue_length{$selector}) or vector(0)", "{{queue}}")
    yield Panel(
        "Tasks that wait", "Roll-ups after imports are tasks.", "short", (waiting,), runbook="TaskQueueLong"
    )
