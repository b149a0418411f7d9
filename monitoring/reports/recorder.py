"""The recorder on itself: what it dropped, what its store holds and how that grows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django.apps import apps

from monitoring import catalog, switch
from monitoring.cells.reader import Series, read

from .shapes import RecorderReport, TableSize
from .sql import rows

_OWN: Final = ("tacho_recorder_", "tacho_store_", "tacho_scrape_", "tacho_worker_starts")
_TABLES: Final = """
SELECT c.relname AS name, greatest(c.reltuples, 0)::bigint AS rows, pg_total_relation_size(c.oid) AS bytes
FROM pg_class c WHERE c.oid = ANY(SELECT to_regclass(t) FROM unnest(%s::text[]) t) ORDER BY bytes DESC, name
"""
_DAYS: Final = """
SELECT start AS day, count(*) AS rows FROM tachograph_query_period
WHERE level = 3 AND start > now() - interval '30 days' GROUP BY start ORDER BY start
"""
# Each end by the unique index, which leads with level and start.
_EDGES: Final = """
SELECT min(first) AS oldest, max(last) AS newest FROM generate_series(1, 3) l(level)
CROSS JOIN LATERAL (
    SELECT (SELECT start FROM tachograph_operation_period p WHERE p.level = l.level ORDER BY start LIMIT 1)
               AS first,
           (SELECT start FROM tachograph_operation_period p WHERE p.level = l.level
            ORDER BY start DESC LIMIT 1) AS last
) e
"""


def recorder() -> RecorderReport:
    """As things stand now."""
    series, slots = read()
    tables = _tables()
    [edges] = rows(_EDGES)
    return RecorderReport(
        recording=switch.refresh(),
        series=len(series),
        processes=sum(slot.alive for slot in slots),
        metrics=_metrics(series),
        tables=tables,
        total_bytes=sum(table.bytes for table in tables),
        rows_per_day=[(row["day"], row["rows"]) for row in rows(_DAYS)],
        newest=edges["newest"],
        oldest=edges["oldest"],
    )


def _tables() -> list[TableSize]:
    names = [model._meta.db_table for model in apps.get_app_config("tachograph").get_models()]  # noqa: SLF001
    return [TableSize(**row) for row in rows(_TABLES, [names])]


def _metrics(series: Iterable[Series]) -> dict[str, Any]:
    """The recorder's own counters and gauges; of a histogram the number and the sum."""
    found: dict[str, float] = {
        metric.name: 0.0
        for metric in catalog.metrics()
        if metric.name.startswith(_OWN) and metric.type != "histogram"
    }
    for one in series:
        name = one.key.name
        if not name.startswith(_OWN):
            continue
        if one.key.type == "h":
            found[f"{name}_count"] = found.get(f"{name}_count", 0) + sum(one.cells[:-1])
            found[f"{name}_sum"] = found.get(f"{name}_sum", 0) + one.cells[-1]
        else:
            found[name] = found.get(name, 0) + one.cells[0]
    return found
