"""Recorder health and saturation: are the figures whole, and is there room for more work?"""

from __future__ import annotations

from collections.abc import Iterator

from monitoring.panels import Panel, Query, registered

from ..resolve import Budgets
from .classic import Dashboard, Row
from .overview import rate
from .sql import limits


def recorder(budgets: Budgets) -> Dashboard:
    return Dashboard(
        uid="tachograph-recorder",
        title="Recorder health and saturation",
        description="Whether the figures are whole, and whether there is room for more work.",
        rows=(
            Row("Saturation", [*_saturation(budgets), *registered("tachograph-recorder")]),
            Row("The recorder on itself", list(_health(budgets))),
        ),
    )


def _saturation(budgets: Budgets) -> Iterator[Panel]:
    workers = (
        Query("sum(tacho_requests_in_progress{$selector})", "requests in progress"),
        Query("sum(tacho_workers_busy{$selector})", "processes that serve one"),
        Query("sum(tacho_workers{$selector})", "processes of the web"),
    )
    yield Panel(
        "Requests in progress",
        "Beside the processes that serve them; the scrape is one.",
        "short",
        workers,
        runbook="WorkersBusy",
    )
    per_worker = "(sum(tacho_requests_in_progress{$selector}) - 1)\n/ sum(tacho_workers{$selector})"
    yield Panel(
        "Requests in each process",
        "Over the line for minutes, all workers are busy.",
        "short",
        (Query(per_worker, "requests"),),
        limits=limits(budgets, "workers_busy"),
        runbook="WorkersBusy",
    )
    buckets = rate("tacho_request_queue_seconds_bucket")
    queue = Query(f"histogram_quantile(0.95, sum by (le) ({buckets})) >= 0 or vector(0)", "p95")
    yield Panel(
        "Wait for a worker",
        "95 % of the requests wait less, by the proxy's X-Request-Start.",
        "s",
        (queue,),
        limits=limits(budgets, "request_queue_seconds"),
        runbook="RequestQueue",
    )
    tasks = Query("max by (queue) (tacho_celery_queue_length{$selector}) or vector(0)", "{{queue}}")
    yield Panel(
        "Tasks that wait",
        "By queue.",
        "short",
        (tasks,),
        limits=limits(budgets, "task_queue_length"),
        runbook="TaskQueueLong",
    )
    oldest = Query("max by (queue) (tacho_celery_oldest_task_seconds{$selector}) or vector(0)", "{{queue}}")
    yield Panel(
        "The oldest task's wait",
        "By queue.",
        "s",
        (oldest,),
        limits=limits(budgets, "task_queue_seconds"),
        runbook="TaskQueueOld",
    )
    memory = Query("tacho_worker_resident_bytes{$selector}", "{{instance}} {{slot}}")
    yield Panel("Memory of each process", "Resident memory.", "bytes", (memory,))
    cpu = Query(f"sum by (kind) ({rate('tacho_operation_cpu_seconds_sum')})", "{{kind}}")
    yield Panel("CPU of the operations", "Seconds of CPU in each second, by kind.", "short", (cpu,))
    starts = Query(f"sum({rate('tacho_worker_starts_total')}) * 60", "starts")
    yield Panel("Processes started", "A minute. Many: workers die or are recycled often.", "cpm", (starts,))


def _health(budgets: Budgets) -> Iterator[Panel]:
    for title, metric, threshold, runbook, what in (
        ("Faults", "errors", "recorder_errors", "RecorderErrors", "Faults inside the recorder, a second."),
        ("Left out", "dropped", "recorder_dropped", "RecorderDropping", "What found no room, a second."),
    ):
        query = Query(f"sum({rate(f'tacho_recorder_{metric}_total')})", title.lower())
        yield Panel(title, what, "ops", (query,), limits=limits(budgets, threshold), runbook=runbook)
    answers = Query("min by (instance) (up{$selector})", "{{instance}}")
    yield Panel(
        "Targets that answer",
        "1: Prometheus was answered.",
        "short",
        (answers,),
        limits=limits(budgets, "scrape_up"),
        bad="below",
        runbook="ScrapeMissing",
    )
    took = (
        Query("max(scrape_duration_seconds{$selector})", "as Prometheus sees it"),
        Query(
            f"sum({rate('tacho_scrape_duration_seconds_sum')})\n"
            f"/ sum({rate('tacho_scrape_duration_seconds_count')})",
            "as the service sees it",
        ),
    )
    yield Panel("A scrape", "How long it takes.", "s", took, runbook="ScrapeMissing")
    samples = Query("max by (instance) (scrape_samples_scraped{$selector})", "{{instance}}")
    yield Panel("Series", "That a scrape shows.", "short", (samples,), runbook="RecorderDropping")
    slots = Query("sum by (state) (tacho_slots{$selector})", "{{state}}")
    yield Panel("Slots", "Files of shared memory, one for each process.", "short", (slots,))
