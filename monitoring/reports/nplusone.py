"""The statements that one place sends again and again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from . import marks
from .listing import READ_ADVICE, SQL_CHARS, WRITE_ADVICE
from .shapes import NPlusOneFigures, Place
from .spans import where, window_spans
from .sql import rows
from .windows import Window

MAX_ROWS: Final = 200
_FOUND: Final = """
SELECT q.fingerprint, left(q.sql, %s) AS sql, length(q.sql) AS sql_chars, q.kind, q.tables, q.muted_at,
       a.id AS acknowledged, l.id AS location, l.module, l.function, l.file, l.line,
       o.id AS operation, o.name, o.operation_class, s.*
FROM (
    SELECT p.query_id, p.location_id, p.operation_id, sum(p.nplusone)::bigint AS found,
           sum(p.nplusone_runs)::bigint AS runs,
           sum(p.duration_s) * 1e3 * sum(p.nplusone_runs) / sum(p.runs) AS total_ms
    FROM tachograph_query_period p
    WHERE {rows} AND NOT p.nested AND p.nplusone > 0
    GROUP BY p.query_id, p.location_id, p.operation_id
) s
JOIN tachograph_query q ON q.fingerprint = s.query_id
JOIN tachograph_location l ON l.id = s.location_id
JOIN tachograph_operation o ON o.id = s.operation_id
LEFT JOIN tachograph_acknowledgement a
    ON a.query_id = s.query_id AND a.location_id = s.location_id AND a.reopened_at IS NULL
ORDER BY s.runs DESC, s.query_id, s.location_id, s.operation_id
LIMIT %s
"""


def nplusones(window: Window) -> list[NPlusOneFigures]:
    """By statement, place and operation, those with the most runs first."""
    return found(window, marks.reset_at())


def found(window: Window, since: datetime | None) -> list[NPlusOneFigures]:
    """`nplusones`, with nothing counted from before `since`."""
    chosen, times = where(window_spans(window, since=since))
    return [_figures(row) for row in rows(_FOUND.format(rows=chosen), [SQL_CHARS, *times, MAX_ROWS])]


def _figures(row: Mapping[str, Any]) -> NPlusOneFigures:
    return NPlusOneFigures(
        fingerprint=row["fingerprint"],
        sql=row["sql"],
        sql_chars=row["sql_chars"],
        tables=tuple(json.loads(row["tables"])),
        place=Place(row["module"], row["function"], row["file"], row["line"], row["location"]),
        operation_id=row["operation"],
        operation=row["name"],
        operation_class=row["operation_class"],
        found=row["found"],
        runs=row["runs"],
        per_operation=row["runs"] / row["found"],
        total_ms=row["total_ms"],
        state="muted" if row["muted_at"] else "acknowledged" if row["acknowledged"] else "open",
        advice=WRITE_ADVICE if row["kind"] == "write" else READ_ADVICE,
    )
