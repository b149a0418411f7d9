"""The alerts that the recorder brings on what is no operation. Thresholds stand in budgets.toml."""

from __future__ import annotations

from typing import Final

from monitoring.alerts import ThresholdAlert

SQL: Final = "tachograph-sql?var-job={{ $labels.job }}"


def _p95(metric: str, labels: str) -> dict[str, str]:
    """95 % of what a histogram holds lies under it; and how much it holds."""
    return {
        "expr": f"histogram_quantile(0.95, sum by ({labels}, le) (rate({metric}_bucket[5m])))",
        "events": f"sum by ({labels}) (rate({metric}_count[5m]))",
    }


SCRAPE_MISSING: Final = ThresholdAlert(
    name="ScrapeMissing",
    threshold="scrape_up",
    expr="up",
    summary="{{ $labels.instance }} of {{ $labels.job }} does not answer Prometheus",
    value="{{ $value }} (1 is an answer)",
)
METRICS_ABSENT: Final = ThresholdAlert(
    name="MetricsAbsent",
    threshold="metrics_absent",
    expr="absent(tacho_slots)",
    summary="No target shows the recorder's metrics",
    value="{{ $value }} (1 is absent): nothing that these rules watch is seen",
    dashboard="tachograph-recorder",
)

INFRASTRUCTURE: Final = (
    ThresholdAlert(
        name="DatabaseConnections",
        threshold="pg_connections",
        # Each process that is scraped tells of the same server.
        expr="sum by (job) (max by (job, state) (tacho_pg_connections))",
        summary="PostgreSQL has many connections",
        value="{{ $value }} connections",
        dashboard=SQL,
    ),
    ThresholdAlert(
        name="LongRunningQueries",
        threshold="pg_long_running_queries",
        expr="max by (job) (tacho_pg_long_running_queries)",
        summary="Queries run for more than a second, again and again",
        value="{{ $value }} of them",
        dashboard=SQL,
    ),
    ThresholdAlert(
        name="DatabasePoolWait",
        threshold="db_pool_wait_seconds",
        **_p95("tacho_db_pool_wait_seconds", "job"),
        summary="Work waits for a connection of Django's pool",
        value="{{ $value | humanizeDuration }} for the slowest 5 %",
        dashboard=SQL,
    ),
    ThresholdAlert(
        name="DatabaseSlow",
        threshold="db_query_seconds",
        **_p95("tacho_db_query_duration_seconds", "job, alias"),
        summary="Queries to {{ $labels.alias }} are slow as a whole",
        value="{{ $value | humanizeDuration }} or more for the slowest 5 %",
        dashboard=SQL,
    ),
    ThresholdAlert(
        name="CacheDown",
        threshold="cache_errors",
        expr=(
            'sum by (job, alias) (rate(tacho_cache_calls_total{result="error"}[5m]))'
            "\n/\nsum by (job, alias) (rate(tacho_cache_calls_total[5m]))"
        ),
        events='sum by (job, alias) (rate(tacho_cache_calls_total{result="error"}[5m]))',
        summary="Calls of the cache {{ $labels.alias }} fail",
        value="{{ $value | humanizePercentage }} of the calls",
        dashboard=SQL,
    ),
    ThresholdAlert(
        name="CacheEvictions",
        threshold="cache_evictions",
        expr="max by (job) (rate(tacho_redis_evicted_keys_total[5m]))",
        summary="Redis is full and throws out what is cached",
        value='{{ $value | printf "%.1f" }} keys a second',
        dashboard=SQL,
    ),
    ThresholdAlert(
        name="RequestQueue",
        threshold="request_queue_seconds",
        **_p95("tacho_request_queue_seconds", "job"),
        summary="Requests wait for a worker",
        value="{{ $value | humanizeDuration }} for the slowest 5 %",
    ),
    ThresholdAlert(
        name="TaskQueueLong",
        threshold="task_queue_length",
        expr="max by (job, queue) (tacho_celery_queue_length)",
        summary="Tasks pile up in the queue {{ $labels.queue }}",
        value="{{ $value }} tasks",
    ),
    ThresholdAlert(
        name="TaskQueueOld",
        threshold="task_queue_seconds",
        expr="max by (job, queue) (tacho_celery_oldest_task_seconds)",
        summary="Tasks in the queue {{ $labels.queue }} wait long",
        value="{{ $value | humanizeDuration }} for the oldest",
    ),
    ThresholdAlert(
        name="WorkersBusy",
        threshold="workers_busy",
        # The scrape is a request itself: it is taken off.
        expr="(sum by (job) (tacho_requests_in_progress) - 1)\n/\nsum by (job) (tacho_workers)",
        summary="All workers are busy",
        value='{{ $value | printf "%.1f" }} requests in each of them at once',
    ),
    SCRAPE_MISSING,
    METRICS_ABSENT,
    ThresholdAlert(
        name="RecorderErrors",
        threshold="recorder_errors",
        expr="sum by (job) (rate(tacho_recorder_errors_total[5m]))",
        summary="The recorder has faults",
        value='{{ $value | printf "%.3f" }} a second: figures may be missing',
    ),
    ThresholdAlert(
        name="RecorderDropping",
        threshold="recorder_dropped",
        expr="sum by (job) (rate(tacho_recorder_dropped_total[5m]))",
        summary="The recorder leaves figures out",
        value='{{ $value | printf "%.3f" }} a second found no room',
    ),
)
# Thresholds that the alerts on operations use.
USED_BY_OPERATIONS: Final = frozenset({"cache_hit_rate", "slow_queries"})
