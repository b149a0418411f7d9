"""The database as it is now: who is connected, who waits, what grows, what nobody needs."""

from __future__ import annotations

from django.db import connections
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ..servers import database as servers
from ..servers.activity import Blocked
from ..servers.database import DatabaseReport
from ..servers.indexes import IndexFigures
from . import columns
from .formats import badge, ms, number, percent, seconds, size, when
from .page import Asked, Context, page
from .tables import Column, Table

# Of tables and indexes; the whole list is PostgreSQL's to give.
MOST = 40


def _chosen(asked: Asked) -> str:
    aliases = list(connections)
    asked_for = asked.text("alias")
    return asked_for if asked_for in aliases else aliases[0]


@page("tachograph/database.html")
def database(asked: Asked) -> Context:
    """One look at PostgreSQL."""
    alias = _chosen(asked)
    report = servers.report(alias)
    return {
        "title": "Database",
        "is_now": True,
        "aliases": list(connections),
        "alias": alias,
        "report": report,
        "version": report.server.version.partition(" ")[0] if report.server else "",
        "states": sorted(report.connections.by_state.items()) if report.connections else [],
        "pool": sorted(report.pool.by_state.items()),
        **_activity(report),
        **_tables(report),
        **_indexes(report),
        "statements": _statements(asked, report),
    }


def _activity(report: DatabaseReport) -> Context:
    session = [
        Column("Process", "pid"),
        Column("Statement", "sql", columns.sql_line),
        Column("State", "state"),
        Column("Runs for", "running_s", seconds, numeric=True),
        Column("Transaction", "transaction_s", seconds, numeric=True),
        Column("Waits for", "wait"),
        Column("Application", "application"),
    ]
    return {
        "long_running": Table("long-running", "Queries that run for over a second", session,
                              report.long_running, "None runs that long."),
        "idle": Table("idle", "Open transactions that do nothing", session, report.idle_in_transaction,
                      "None has been idle in a transaction for over a second."),
        "blocked": Table("blocked", "Who blocks whom", _blocked(), report.blocked,
                         "Nobody waits for a lock."),
    }  # fmt: skip


def _blocked() -> list[Column]:
    def blockers(row: Blocked) -> str:
        return "; ".join(f"{one.pid}: {one.sql[:120]}" for one in row.blockers) or "a prepared transaction"

    return [
        Column("Process", "session.pid", key="pid"),
        Column("Waits for", "session.running_s", seconds, numeric=True, key="waits_s"),
        Column("Lock", "mode"),
        Column("On", "target"),
        Column("Statement", "session.sql", columns.sql_line, key="sql"),
        Column("Blocked by", blockers, key="blockers"),
    ]


def _tables(report: DatabaseReport) -> Context:
    listed = [
        Column("Table", "name"),
        Column("Rows", "rows", number, numeric=True, help="The planner's count"),
        Column("Size", "total_bytes", size, numeric=True),
        Column("Indexes", "index_bytes", size, numeric=True),
        Column("Dead rows", "dead_rows", number, numeric=True),
        Column("Dead", "dead_share", percent, numeric=True),
        Column("Bloat", "bloat_bytes", size, numeric=True, help="Estimated"),
        Column("Sequential scans", "sequential_scans", number, numeric=True),
        Column("Index scans", "index_scans", number, numeric=True),
        Column("Vacuumed", "vacuumed_at", when),
        Column("Analysed", "analysed_at", when),
    ]
    return {
        "tables": Table("tables", "Tables, the largest first", listed, report.tables[:MOST],
                        "The database has no tables: run manage.py migrate.", is_tall=True,
                        note=f"At most {MOST}."),
    }  # fmt: skip


def _indexes(report: DatabaseReport) -> Context:
    def why(row: tuple[str, IndexFigures]) -> SafeString:
        kind, index = row
        sign = badge("bad" if kind == "invalid" else "warn", kind)
        if not index.covered_by:
            return sign
        return format_html('{}<span class="sub">{} does the same</span>', sign, index.covered_by)

    found = report.indexes
    rows: list[tuple[str, IndexFigures]] = []
    if found is not None:
        groups = (("invalid", found.invalid), ("duplicate", found.duplicate), ("never read", found.unused))
        rows = [(kind, index) for kind, group in groups for index in group[:MOST]]
    listed = [
        Column("Index", lambda row: row[1].name, key="name"),
        Column("Table", lambda row: row[1].table, key="table"),
        Column("Why", lambda row: row[0], why, shows_row=True, key="why"),
        Column("Size", lambda row: row[1].size_bytes, size, numeric=True, key="size_bytes"),
        Column("Scans", lambda row: row[1].scans, number, numeric=True, key="scans"),
    ]
    return {
        "indexes": Table(
            "indexes", "Indexes that nobody needs", listed, rows,
            "Each index is read, and none is there twice.",
            is_tall=True,
            note="They cost on each write. One is 'never read' since PostgreSQL's statistics began. "
            f"Of each kind at most {MOST}, the largest first.",
        ),
    }  # fmt: skip


def _statements(asked: Asked, report: DatabaseReport) -> Table:
    listed = [
        Column("Statement", "sql", lambda row: columns.query_link(asked, row.fingerprint, row.sql),
               shows_row=True),
        Column("Calls", "calls", number, numeric=True),
        Column("Mean", "mean_ms", ms, numeric=True),
        Column("Max", "max_ms", ms, numeric=True),
        Column("Total", "total_ms", ms, numeric=True),
        Column("Rows", "rows", number, numeric=True),
        Column("From buffers", "hit_ratio", percent, numeric=True),
    ]  # fmt: skip
    return Table(
        "statements", "PostgreSQL's own count (pg_stat_statements)", listed, report.statements,
        empty=report.statements_note or "It has counted nothing yet.",
    )  # fmt: skip
