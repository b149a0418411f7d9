"""Every metric of the recorder: name, type, help, labels, bounds. A name stands here once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from .budgets import budgets

Type = Literal["counter", "gauge", "histogram"]


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """A metric; the cells hold its series, unless it is read at the scrape.

    Each is one object, looked up by its identity.
    `name` is the exposed one without a counter's `_total`; a gauge counts living processes only.
    """

    name: str
    type: Type
    help: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()


OPERATION: Final = ("kind", "operation", "class")

# Those of django-prometheus 2.5, so that its histograms can be served from ours.
DJANGO_PROMETHEUS_BOUNDS: Final = (
    0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 25.0, 50.0, 75.0,
)  # fmt: skip
LATENCY_BOUNDS: Final = tuple(sorted({0.005, *DJANGO_PROMETHEUS_BOUNDS}))
DB_BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0, 10.0)
QUERY_BOUNDS: Final = tuple(sorted({*DB_BOUNDS, *DJANGO_PROMETHEUS_BOUNDS}))
CPU_BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
QUERY_COUNT_BOUNDS: Final = (0.0, 1.0, 2.0, 3.0, 5.0, 8.0, 10.0, 20.0, 50.0, 100.0, 200.0)
QUEUE_BOUNDS: Final = (0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
FLUSH_BOUNDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
SCRAPE_BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)

QUERY_DURATION: Final = Metric(
    "tacho_db_query_duration_seconds",
    "histogram",
    "Queries by duration, each once.",
    ("alias",),
    QUERY_BOUNDS,
)
DB_PLUMBING: Final = Metric(
    "tacho_db_plumbing", "counter", "Savepoints, SET and set_config, apart from queries.", ("alias",)
)
DB_TRANSACTIONS: Final = Metric("tacho_db_transactions", "counter", "Transactions ended.", ("alias",))
DB_ROWS: Final = Metric("tacho_db_rows", "counter", "Rows that queries returned or changed.", ("alias",))
CACHE_CALLS: Final = Metric(
    "tacho_cache_calls", "counter", "Cache calls, each once.", ("alias", "command", "result")
)
CACHE_FAMILIES: Final = Metric(
    "tacho_cache_family", "counter", "Cache look-ups by key family.", ("alias", "family", "result")
)

OPERATION_QUERIES: Final = Metric(
    "tacho_operation_db_queries", "histogram", "Queries of an operation.", OPERATION, QUERY_COUNT_BOUNDS
)
OPERATION_DB: Final = Metric(
    "tacho_operation_db_duration_seconds", "histogram", "Time an operation spent in databases.",
    OPERATION, DB_BOUNDS,
)  # fmt: skip
OPERATION_CPU: Final = Metric(
    "tacho_operation_cpu_seconds", "histogram", "CPU time of an operation's thread.", OPERATION, CPU_BOUNDS
)
OPERATIONS: Final = Metric(
    "tacho_operations",
    "counter",
    "Operations ended, by HTTP status code or ok/error.",
    (*OPERATION, "status"),
)
SLOW_QUERIES: Final = Metric(
    "tacho_slow_queries", "counter", "Queries at or over the slow query threshold.", (*OPERATION, "alias")
)
DUPLICATES: Final = Metric(
    "tacho_duplicate_queries", "counter", "Repeats of the same SQL with the same parameters.", OPERATION
)
NPLUSONE: Final = Metric(
    "tacho_nplusone", "counter", "Operations in which an N+1 was found.", OPERATION
)  # fmt: skip
CACHE_OPERATIONS: Final = Metric(
    "tacho_cache_operations",
    "counter",
    "Cache calls of operations.",
    (*OPERATION, "alias", "command", "result"),
)
BREACHES: Final = Metric(
    "tacho_budget_breaches", "counter", "Operations that broke their budget.", (*OPERATION, "budget")
)

# Kept for the names of django-prometheus only.
REQUEST_VIEWS: Final = Metric(
    "_request_views", "counter", "Requests by view.", ("operation", "class", "view", "transport")
)
REQUEST_EXCEPTIONS: Final = Metric(
    "_request_exceptions", "counter", "Unhandled exceptions.", ("view", "type")
)
DB_ERRORS: Final = Metric("_db_errors", "counter", "Failed statements.", ("alias", "type"))
DB_NEW_CONNECTIONS: Final = Metric("_db_new_connections", "counter", "Connections opened.", ("alias",))

REQUESTS_IN_PROGRESS: Final = Metric("tacho_requests_in_progress", "gauge", "Requests being served.")
WORKERS_BUSY: Final = Metric("tacho_workers_busy", "gauge", "Processes that serve at least one request.")
WORKERS: Final = Metric("tacho_workers", "gauge", "Processes that have served a request and live.")
REQUEST_QUEUE: Final = Metric(
    "tacho_request_queue_seconds", "histogram", "Wait for a worker, as X-Request-Start tells.",
    (), QUEUE_BOUNDS,
)  # fmt: skip
TASK_QUEUE: Final = Metric(
    "tacho_task_queue_seconds", "histogram", "Wait of a task from its sending to a worker.", (), QUEUE_BOUNDS
)
WORKER_STARTS: Final = Metric("tacho_worker_starts", "counter", "Processes that began to record.")
RECORDER_ERRORS: Final = Metric("tacho_recorder_errors", "counter", "Faults inside the recorder.")
RECORDER_DROPPED: Final = Metric("tacho_recorder_dropped", "counter", "What the recorder's bounds left out.")
UNATTRIBUTED: Final = Metric(
    "tacho_recorder_unattributed_queries", "counter", "Queries that ran outside of any operation."
)
SCRAPE_DURATION: Final = Metric(
    "tacho_scrape_duration_seconds", "histogram", "Time it took to answer a scrape.", (), SCRAPE_BOUNDS
)

STORE_FLUSH: Final = Metric(
    "tacho_store_flush_seconds", "histogram", "Flushes of the store that wrote all there was.", (),
    FLUSH_BOUNDS,
)  # fmt: skip
STORE_FAILURES: Final = Metric("tacho_store_failures", "counter", "Flushes of the store that did not.")
STORE_ROWS: Final = Metric(
    "tacho_store_rows", "counter", "Rows of the store added or brought up to date.", ("table",)
)
STORE_WAITING: Final = Metric("tacho_store_waiting_rows", "gauge", "Rows that wait to be written.")
STORE_DROPPED: Final = Metric(
    "tacho_store_dropped", "counter", "What the store's bounds, or a database that was down, left out.",
    ("what",),
)  # fmt: skip

DB_CONNECTIONS: Final = Metric(
    "tacho_db_connections", "gauge", "Database connections of this project's processes.",
    ("alias", "state"),
)  # fmt: skip
POOL_WAIT: Final = Metric(
    "tacho_db_pool_wait_seconds", "histogram", "Wait for a connection from Django's pool.", (), QUEUE_BOUNDS
)

# What is read from elsewhere at the scrape: no cells hold it.
BUDGET_LIMIT: Final = Metric(
    "tacho_budget_limit", "gauge", "What was promised: seconds, a number or a rate.", (*OPERATION, "budget")
)
SLOTS: Final = Metric("tacho_slots", "gauge", "Slot files of the recorder by state.", ("state",))
RESIDENT_BYTES: Final = Metric(
    "tacho_worker_resident_bytes", "gauge", "Resident memory of each process.", ("slot",)
)
SCRAPE_PART_UP: Final = Metric(
    "tacho_scrape_part_up", "gauge", "Whether a server that the scrape reads answered in time.", ("part",)
)
PG_CONNECTIONS: Final = Metric(
    "tacho_pg_connections", "gauge", "Connections to the PostgreSQL server, whoever's.", ("state",)
)
PG_MAX_CONNECTIONS: Final = Metric(
    "tacho_pg_max_connections", "gauge", "Connections that the PostgreSQL server takes."
)
PG_LONG_RUNNING: Final = Metric(
    "tacho_pg_long_running_queries", "gauge", "Queries that have been running for over 1 s."
)
REDIS_EVICTED: Final = Metric(
    "tacho_redis_evicted_keys", "counter", "Keys that the caches' servers evicted for want of memory."
)
REDIS_MEMORY: Final = Metric("tacho_redis_memory_bytes", "gauge", "Memory that the caches' servers use.")
QUEUE_LENGTH: Final = Metric(
    "tacho_celery_queue_length", "gauge", "Tasks that wait in a Celery queue.", ("queue",)
)
OLDEST_TASK: Final = Metric(
    "tacho_celery_oldest_task_seconds", "gauge", "How long the oldest task of a queue has waited.", ("queue",)
)


@cache
def operation_duration() -> Metric:
    """The latency histogram. Its bounds include every latency objective of budgets.toml, so that the share
    of operations within an objective is read off exactly."""
    bounds = tuple(sorted({*LATENCY_BOUNDS, *budgets().latency_bounds()}))
    return Metric(
        "tacho_operation_duration_seconds", "histogram", "Operations by duration.", OPERATION, bounds
    )


def metrics() -> tuple[Metric, ...]:
    """All of them, in the order in which they are exposed."""
    return (
        operation_duration(), OPERATIONS, OPERATION_QUERIES, OPERATION_DB, OPERATION_CPU, SLOW_QUERIES,
        DUPLICATES, NPLUSONE, CACHE_OPERATIONS, BREACHES, QUERY_DURATION, DB_PLUMBING, DB_TRANSACTIONS,
        DB_ROWS, CACHE_CALLS, CACHE_FAMILIES, REQUESTS_IN_PROGRESS, WORKERS_BUSY,
        WORKERS, REQUEST_QUEUE, TASK_QUEUE, WORKER_STARTS,
        RECORDER_ERRORS, RECORDER_DROPPED, UNATTRIBUTED, SCRAPE_DURATION, DB_CONNECTIONS, POOL_WAIT,
        STORE_FLUSH, STORE_FAILURES, STORE_ROWS, STORE_WAITING, STORE_DROPPED,
    )  # fmt: skip


def read_at_scrape() -> tuple[Metric, ...]:
    """Those that no cells hold."""
    return (
        BUDGET_LIMIT, SLOTS, RESIDENT_BYTES, SCRAPE_PART_UP, PG_CONNECTIONS, PG_MAX_CONNECTIONS,
        PG_LONG_RUNNING, REDIS_EVICTED, REDIS_MEMORY, QUEUE_LENGTH, OLDEST_TASK,
    )  # fmt: skip
