"""A month of figures in the store, made by the database itself: for tests of pages and for measuring them.

tests/monitoring/reports/measure.py prints what the reports take with it (docs/system-api.md has the figures).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connections, router
from django.utils import timezone

from monitoring import catalog
from monitoring.store.models import (
    Bounds,
    CachePeriod,
    Level,
    Location,
    OperationKey,
    OperationPeriod,
    Query,
)

CLASSES = ("list", "detail", "write", "sync", "report", "system")
FEW = {"minutes": 30, "hours": 12, "days": 2}
# What the store keeps by default.
MONTH = {"minutes": 12 * 60, "hours": 30 * 24, "days": 30}


def seed(
    fingerprints: int,
    operations: int,
    *,
    minutes: int,
    hours: int,
    days: int,
    now: datetime | None = None,
) -> None:
    """Statement i is sent by place i and operation i % operations, in each minute, hour and day.

    Every 10th is sent by a second place in a nested operation too. Durations grow with i.
    """
    now = (now or timezone.now()).replace(second=0, microsecond=0)
    _seed_names(fingerprints, operations, now)
    for level, unit, count in (
        (Level.MINUTE, timedelta(minutes=1), minutes),
        (Level.HOUR, timedelta(hours=1), hours),
        (Level.DAY, timedelta(days=1), days),
    ):
        _seed_periods(level, unit, count, now)
    _run("ANALYZE")


def clear() -> None:
    """An empty store, for another size."""
    for model in (Query, OperationKey, Location, Bounds, CachePeriod):
        model.objects.all().delete()


def _run(sql: str, *params: object) -> None:
    with connections[router.db_for_write(Query)].cursor() as cursor:
        cursor.execute(sql, params)


def _seed_names(fingerprints: int, operations: int, now: datetime) -> None:
    OperationKey.objects.bulk_create(
        OperationKey(kind="request", name=f"GET /api/things/{i}", operation_class=CLASSES[i % len(CLASSES)])
        for i in range(operations)
    )
    for bounds in (catalog.QUERY_BOUNDS, catalog.operation_duration().bounds):
        Bounds.objects.get_or_create(bounds=",".join(map(str, bounds)))
    _run(
        """
        INSERT INTO tachograph_query (fingerprint, sql, kind, alias, tables, first_seen, muted_by)
        SELECT lpad(to_hex(i), 16, '0'), 'SELECT * FROM thing_' || i || ' WHERE id = ?', 'read', 'default',
               jsonb_build_array('thing_' || i), %s, ''
        FROM generate_series(0, %s) i
        """,
        now - timedelta(days=30), fingerprints - 1,
    )  # fmt: skip
    _run(
        """
        INSERT INTO tachograph_location (module, function, file, line)
        SELECT 'things.views', 'view_' || i, 'things/views.py', i FROM generate_series(0, %s) i
        """,
        fingerprints,
    )


def _histogram(bounds: tuple[float, ...], which: str) -> str:
    """SQL of 10 runs: 8 in the bucket `which`, one in each neighbour."""
    counts = ", ".join(
        f"CASE abs({at} - ({which})) WHEN 0 THEN 8 WHEN 1 THEN 1 ELSE 0 END" for at in range(len(bounds) + 1)
    )
    return f"ARRAY[{counts}]"


def _seed_periods(level: Level, unit: timedelta, count: int, now: datetime) -> None:
    word = Level(level).name.lower()
    bounds = catalog.QUERY_BOUNDS
    first = now - (count - 1) * unit
    _run(
        f"""
        INSERT INTO tachograph_query_period (level, start, query_id, location_id, operation_id, nested,
            bounds_id, runs, duration_s, duration_max_s, rows, slow, duplicates, nplusone, nplusone_runs,
            histogram)
        SELECT %s, at, q.fingerprint, l.id, o.id, n.nested, b.id, 10, q.i / 1e4, q.i / 1e3, 10,
               (q.i %% 50 = 0)::int, 0, (q.i %% 100 = 7)::int, (q.i %% 100 = 7)::int * 10,
               {_histogram(bounds, f"1 + q.i %% {len(bounds) - 1}")}
        FROM generate_series(date_trunc('{word}', %s::timestamptz, 'UTC'), %s, %s) at
        CROSS JOIN (SELECT fingerprint, ('x' || fingerprint)::bit(64)::bigint i FROM tachograph_query) q
        CROSS JOIN (VALUES (false), (true)) n(nested)
        JOIN tachograph_bounds b ON b.bounds = %s
        JOIN tachograph_location l ON l.line = q.i + n.nested::int
        JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 i, count(*) OVER () n
              FROM tachograph_operation) o
            ON o.i = (q.i + n.nested::int) %% o.n
        WHERE (NOT n.nested OR q.i %% 10 = 0)
        ORDER BY at
        """,
        level, first, now, unit, ",".join(map(str, bounds)),
    )  # fmt: skip
    _seed_operations(level, unit, first, now)
    _run(
        f"""
        INSERT INTO tachograph_cache_period (level, start, alias, command, family, result, calls)
        SELECT %s, at, 'default', command, family, result, 10
        FROM generate_series(date_trunc('{word}', %s::timestamptz, 'UTC'), %s, %s) at
        CROSS JOIN (VALUES ('get', ''), ('get_many', ''), ('', 'things'), ('', 'lists')) c(command, family)
        CROSS JOIN (VALUES ('hit'), ('miss')) r(result)
        """,
        level, first, now, unit,
    )  # fmt: skip


def _seed_operations(level: Level, unit: timedelta, first: datetime, now: datetime) -> None:
    word = Level(level).name.lower()
    bounds = catalog.operation_duration().bounds
    zero = [
        field.column
        for field in OperationPeriod._meta.fields
        if field.name.startswith(("broke_", "errors", "duplicates", "nplusone", "slow_queries"))
    ]  # fmt: skip
    _run(
        f"""
        INSERT INTO tachograph_operation_period (level, start, operation_id, bounds_id, runs, duration_s,
            duration_max_s, database_s, cpu_s, cpu_runs, queries, cache_hits, cache_misses, histogram,
            {", ".join(zero)})
        SELECT %s, at, o.id, b.id, 10, 1, 0.2, 0.5, 0.4, 10, 30, 8, 2,
               {_histogram(bounds, f"1 + o.id %% {len(bounds) - 1}")}, {", ".join(["0"] * len(zero))}
        FROM generate_series(date_trunc('{word}', %s::timestamptz, 'UTC'), %s, %s) at
        CROSS JOIN tachograph_operation o JOIN tachograph_bounds b ON b.bounds = %s
        ORDER BY at
        """,
        level, first, now, unit, ",".join(map(str, bounds)),
    )  # fmt: skip
