"""The statements that PostgreSQL itself found the most expensive, where pg_stat_statements is switched on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from ..statements import parse
from .activity import MAX_SQL_CHARS

MOST: Final = 20

HOW_TO_SWITCH_ON: Final = (
    "pg_stat_statements is not switched on in this database. Add it to shared_preload_libraries in "
    "postgresql.conf, restart PostgreSQL, and run CREATE EXTENSION pg_stat_statements; as a superuser."
)
HOW_TO_SEE_ALL: Final = (
    "Statements of other roles are hidden. GRANT pg_read_all_stats to the application's role to see them."
)

_SCHEMA: Final = """
SELECT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
WHERE e.extname = 'pg_stat_statements'
"""
_HIDDEN: Final = "<insufficient privilege>"


@dataclass(frozen=True, slots=True)
class Top:
    """A statement since pg_stat_statements was reset. `fingerprint` is ours; times are milliseconds."""

    fingerprint: str
    sql: str
    calls: int
    total_ms: float
    mean_ms: float
    max_ms: float
    rows: int
    hit_ratio: float | None


def schema(cursor: Any) -> str | None:
    """Where the extension is; None where it is not. One query."""
    cursor.execute(_SCHEMA)
    row = cursor.fetchone()
    return row[0] if row else None


def top(cursor: Any, where: str) -> list[Top]:
    """The MOST expensive statements of this database. One query.

    Raises django.db.DatabaseError where the library is not loaded.
    """
    cursor.execute(
        "SELECT query, calls, total_exec_time, mean_exec_time, max_exec_time, rows, shared_blks_hit,"  # noqa: S608
        f" shared_blks_hit + shared_blks_read FROM {where}.pg_stat_statements"
        " WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND query <> %s"
        " ORDER BY total_exec_time DESC LIMIT %s",
        [_HIDDEN, MOST],
    )
    return [_top(row) for row in cursor.fetchall()]


def _top(row: tuple[Any, ...]) -> Top:
    sql, calls, total, mean, most, rows, hits, blocks = row
    statement = parse(sql)
    ratio = hits / blocks if blocks else None
    return Top(statement.fingerprint, statement.sql[:MAX_SQL_CHARS], calls, total, mean, most, rows, ratio)
