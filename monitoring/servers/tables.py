"""How large PostgreSQL's tables are, how much of them is dead, and when they were last looked after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

MOST: Final = 50
PAGE_BYTES: Final = 8_192
# A page's header; a row's pointer in it, and its header, of which a map of nulls is a part.
PAGE_HEADER: Final = 24
ROW_OVERHEAD: Final = 4 + 24
ALIGNMENT: Final = 8

HOW_BLOAT: Final = (
    "Estimated: the table's size less what its rows (pg_class.reltuples) would take at the average widths "
    "that ANALYZE found (pg_stats). Not known where nobody analysed it, or its statistics may not be read."
)

_TABLES: Final = """
WITH largest AS (
    SELECT c.oid, n.nspname, c.relname, c.reltuples, pg_relation_size(c.oid) AS heap,
           pg_indexes_size(c.oid) AS indexes, pg_total_relation_size(c.oid) AS total,
           coalesce((SELECT option_value FROM pg_options_to_table(c.reloptions)
                     WHERE option_name = 'fillfactor')::int, 100) AS fillfactor
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
      AND n.nspname NOT LIKE 'pg_toast%%' AND n.nspname NOT LIKE 'pg_temp%%'
    ORDER BY total DESC LIMIT %s
), widths AS (
    SELECT schemaname, tablename, sum((1 - null_frac) * avg_width) AS width
    FROM pg_stats WHERE (schemaname, tablename) IN (SELECT nspname, relname FROM largest) AND NOT inherited
    GROUP BY 1, 2
)
SELECT l.nspname, l.relname, l.reltuples, l.heap, l.indexes, l.total, l.fillfactor, w.width::float8,
       coalesce(s.n_live_tup, 0), coalesce(s.n_dead_tup, 0), coalesce(s.n_mod_since_analyze, 0),
       coalesce(s.seq_scan, 0), coalesce(s.idx_scan, 0),
       greatest(s.last_vacuum, s.last_autovacuum), greatest(s.last_analyze, s.last_autoanalyze)
FROM largest l
LEFT JOIN widths w ON w.schemaname = l.nspname AND w.tablename = l.relname
LEFT JOIN pg_stat_all_tables s ON s.relid = l.oid
ORDER BY l.total DESC
"""


@dataclass(frozen=True, slots=True)
class TableFigures:
    """A table. `rows` is the planner's count, None where it has none; `dead_share` is of live and dead rows.

    `bloat_bytes` is estimated, as HOW_BLOAT says; None where it cannot be.
    `vacuumed_at` and `analysed_at` are the last time, by hand or by autovacuum; None for never.
    """

    schema: str
    name: str
    rows: int | None
    table_bytes: int
    index_bytes: int
    total_bytes: int
    dead_rows: int
    dead_share: float
    bloat_bytes: int | None
    changed_rows: int
    sequential_scans: int
    index_scans: int
    vacuumed_at: datetime | None
    analysed_at: datetime | None


def estimated_bloat(heap_bytes: int, rows: float, width: float | None, fillfactor: int) -> int | None:
    """Bytes of a table's pages that its rows do not need, at `width` bytes of data a row."""
    if rows < 0 or width is None:
        return None
    row_bytes = -(-(ROW_OVERHEAD + width) // ALIGNMENT) * ALIGNMENT
    in_a_page = max((PAGE_BYTES - PAGE_HEADER) * fillfactor / 100 // row_bytes, 1)
    return max(int(heap_bytes - -(-rows // in_a_page) * PAGE_BYTES), 0)


def tables(cursor: Any) -> list[TableFigures]:
    """The MOST largest ones, the largest first. One query."""
    cursor.execute(_TABLES, [MOST])
    return [_figures(row) for row in cursor.fetchall()]


def _figures(row: tuple[Any, ...]) -> TableFigures:
    schema, name, rows, heap, indexes, total, fillfactor, width, live, dead, changed, *rest = row
    scans, index_scans, vacuumed_at, analysed_at = rest
    return TableFigures(
        schema, name, int(rows) if rows >= 0 else None, heap, indexes, total,
        dead, dead / (live + dead) if dead else 0.0, estimated_bloat(heap, rows, width, fillfactor),
        changed, scans, index_scans, vacuumed_at, analysed_at,
    )  # fmt: skip
