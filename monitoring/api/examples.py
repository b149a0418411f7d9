"""The examples of the OpenAPI description: answers made as the views make them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from drf_spectacular.utils import OpenApiExample

from monitoring.budgets import Budget
from monitoring.reports.shapes import (
    Broken,
    CacheFigures,
    CachePoint,
    ClassFigures,
    GateRunFigures,
    Measures,
    NPlusOneFigures,
    OperationFigures,
    Origin,
    Place,
    PlanFigures,
    QueryFigures,
    QueryPoint,
    QueryTotals,
    Sample,
)
from monitoring.reports.sql import total
from monitoring.servers.caches import CacheServer
from monitoring.servers.database import DatabaseReport
from monitoring.servers.pool import Pool

from .answers import (
    CacheMetrics,
    CacheStats,
    LimitSet,
    Metrics,
    ResetMade,
    SlowQueries,
    SlowQuery,
    Thresholds,
    ThresholdSet,
)
from .shapes import told

_AT: Final = datetime(2027, 1, 12, 9, 30, tzinfo=UTC)
_FRAME: Final[dict[str, Any]] = {"window": "1h", "start": _AT - timedelta(hours=1), "end": _AT}
_PLACE: Final = Place("corps.api.views", "list", "corps/api/views.py", 41, 7)
_SQL: Final = 'SELECT "corps_grade"."id" FROM "corps_grade" WHERE "corps_grade"."cadet_id" = ?'
_INDEX: Final = "CREATE INDEX CONCURRENTLY corps_grade_cadet_id_idx ON corps_grade (cadet_id);"

_QUERY: Final = QueryFigures(
    fingerprint="9f0a1b2c3d4e5f60", sql=_SQL, sql_chars=len(_SQL), kind="read", alias="default",
    tables=("corps_grade",), calls=1200, total_ms=54_000.0, mean_ms=45.0, p50_ms=38.0, p95_ms=120.0,
    p99_ms=310.0, max_ms=412.5, slow=84, rows=9_600, duplicates=0, nplusone=24, nplusone_runs=1200,
    share=0.61, operations=("GET /api/cadets",), places=(_PLACE,), state="open", first_seen=_AT,
    advice=(_INDEX,),
)  # fmt: skip
_ORIGIN: Final = Origin(
    operation_id=3, kind="request", operation="GET /api/cadets", operation_class="list", place=_PLACE,
    calls=1200, total_ms=54_000.0, mean_ms=45.0, p95_ms=120.0, max_ms=412.5, slow=84, rows=9_600,
    duplicates=0, nplusone=24, nplusone_runs=1200, nested=False, acknowledged=None,
)  # fmt: skip
_MEASURES: Final = Measures(
    runs=24, errors=0, error_rate=0.0, total_ms=60_000.0, mean_ms=2_500.0, p50_ms=2_100.0, p95_ms=4_400.0,
    p99_ms=4_900.0, max_ms=5_020.0, database_ms=2_260.0, cpu_ms=160.0, queries=1_272, queries_per_run=53.0,
    slow_queries=84, duplicates=0, nplusone=24, cache_hits=20, cache_misses=4, hit_rate=0.83,
)  # fmt: skip
_BUDGET: Final = Budget("class.list", latency_p95_ms=200, queries_max=5, nplusone_max=0)
_BROKEN: Final = (
    Broken("nplusone", "error", 24, 0, 1.0, ""),
    Broken("latency", "warn", 24, 200, 4_400.0, "ms"),
)
_NOTHING: Final = total((), ())
_CACHE: Final = CacheFigures("default", "coverage", 1_000, 940, 60, 0, 0.94)
_SERVER: Final = CacheServer(("default",), is_up=True, memory_bytes=1_600_000, keys=420, hits=940, misses=60)


def _example(name: str, answer: Any, status: str = "200") -> OpenApiExample:
    return OpenApiExample(name, value=told(answer), response_only=True, status_codes=[status])


SLOW_QUERIES: Final = _example(
    "The worst statements of an hour",
    SlowQueries(
        **_FRAME, counted_from=None, threshold_ms=100,
        totals=QueryTotals(1, 1200, 54_000.0, 45.0, 412.5, 84, 24),
        data=[_QUERY], page=1, limit=50, total=1,
        nplusone=[
            NPlusOneFigures(
                _QUERY.fingerprint, _SQL, len(_SQL), _QUERY.tables, _PLACE, 3, "GET /api/cadets", "list", 24,
                1200, 50.0, 54_000.0, "open", "Fetch them all at once: select_related or prefetch_related.",
            )
        ],
    ),
)  # fmt: skip
SLOW_QUERY: Final = _example(
    "One statement",
    SlowQuery(
        **_FRAME, query=_QUERY, tables=["corps_grade"],
        history=[QueryPoint(_AT - timedelta(minutes=1), 20, 45.0, 120.0, 412.5, 2)], origins=[_ORIGIN],
        samples=[Sample(_AT, 412.5, 8, 3, "GET /api/cadets", _PLACE, "4f1c2a", "")],
        plan=PlanFigures(
            _AT, [{"Plan": {"Node Type": "Seq Scan", "Relation Name": "corps_grade"}}], "", 4_310.0,
            [{"kind": "sequential_scan", "table": "corps_grade", "text": "All of corps_grade is read."}],
            [{"statement": _INDEX, "checked": "unchecked"}],
        ),
        index_advice=[{"statement": _INDEX, "checked": "unchecked"}], deploys=[], muted_at=None, muted_by="",
    ),
)  # fmt: skip
_RESET: Final = (8, _AT, "amina", _AT + timedelta(hours=1))
RESET: Final = _example("Counting from now", ResetMade(*_RESET, None), "201")
UNDONE: Final = _example("Undone", ResetMade(*_RESET, _AT + timedelta(minutes=9)))
METRICS: Final = _example(
    "An hour",
    Metrics(
        **_FRAME, classes=[ClassFigures("list", 1, _MEASURES, None, _BUDGET, {"nplusone": 1, "latency": 1})],
        data=[
            OperationFigures(
                3, "request", "GET /api/cadets", "list", _MEASURES, None, _BUDGET, _BROKEN, _NOTHING, None
            )
        ],
        page=1, limit=50, total=1,
    ),
)  # fmt: skip
DATABASE: Final = _example(
    "A database that does not answer",
    DatabaseReport("default", _AT, is_up=False, error="The database does not answer.", pool=Pool({}, 0, 0.0)),
)
_CACHES: Final[dict[str, Any]] = {
    **_FRAME, "aliases": [CacheFigures("default", "", 1_000, 940, 60, 0, 0.94)], "families": [_CACHE],
    "operations": [], "servers": [_SERVER],
}  # fmt: skip
CACHE: Final = _example(
    "An hour", CacheMetrics(**_CACHES, commands=[], points=[CachePoint(_AT, 940, 60, 0.94)])
)
CACHE_STATS: Final = _example("An hour", CacheStats(**_CACHES, thrashing=[]))
THRESHOLDS: Final = _example(
    "What is promised",
    Thresholds(
        slow_query_ms=100, nplusone_runs=5,
        classes=[LimitSet("class.list", {"latency_p95_ms": 200}, {"latency": "warn"}, "", "")],
        operations=[], overrides=[], thresholds=[ThresholdSet("pg_connections", "above", 40, 50, "5m")],
        pinned={"GET /api/cadets": 3}, faults=[],
    ),
)  # fmt: skip
GATE_REPORT: Final = OpenApiExample(
    "A run that broke a budget",
    value={
        "revision": "8d1f0c2", "base": "origin/main", "branch": "cadets", "url": "https://ci.example/jobs/17",
        "report": {"exit_code": 1, "operations": [{"operation": "GET /api/cadets", "failed": True}]},
    },
    request_only=True,
)  # fmt: skip
GATE_RUN: Final = _example(
    "The run as it was kept",
    GateRunFigures(
        5, _AT, "8d1f0c2", "origin/main", "cadets", "https://ci.example/jobs/17", "broken", 1, 1, "ci"
    ),
    "201",
)
