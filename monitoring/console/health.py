"""Caches, budgets and the recorder itself."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString

from ..reports import budgets as budget_reports
from ..reports import caches, recorder
from ..reports.shapes import CacheFigures, GateRunFigures, OperationFigures
from ..servers import caches as cache_servers
from ..servers.caches import CacheServer
from . import columns
from .charts import Chart, Series
from .formats import UNKNOWN, badge, ms, number, percent, size, when
from .page import Asked, Context, page
from .tables import Column, Table

OUTCOMES = {"passed": "good", "broken": "bad", "inconclusive": "warn"}


def _hit_rate(row: CacheFigures) -> SafeString | str:
    if row.limit is None or row.hit_rate is None:
        return percent(row.hit_rate)
    kind, word = ("good", "kept") if row.hit_rate >= row.limit else ("bad", "below")
    return format_html("{} {}", percent(row.hit_rate), badge(kind, f"{word} {percent(row.limit)}"))


def _cache_columns(*leading: Column) -> list[Column]:
    return [
        *leading,
        Column("Hit rate", "hit_rate", _hit_rate, shows_row=True, numeric=True),
        Column("Calls", "calls", number, numeric=True),
        Column("Hits", "hits", number, numeric=True),
        Column("Misses", "misses", number, numeric=True),
        Column("Errors", "errors", number, numeric=True),
    ]


def _slow_commands(servers: list[CacheServer]) -> Table:
    rows = [(server, slow) for server in servers for slow in server.slow_commands]
    listed = [
        Column("Command", lambda row: row[1].command, key="command"),
        Column("Server", lambda row: row[0].address, key="server"),
        Column("Times", lambda row: row[1].times, number, numeric=True, key="times"),
        Column("Longest", lambda row: row[1].max_ms, ms, numeric=True, key="max_ms"),
        Column("Total", lambda row: row[1].total_ms, ms, numeric=True, key="total_ms"),
    ]
    return Table(
        "slow-commands", "Slow commands (Redis' slow log)", listed, rows,
        "No command was slow, as slowlog-log-slower-than has it.",
    )  # fmt: skip


@page("tachograph/cache.html")
def cache(asked: Asked) -> Context:
    """Hit rates by alias, key family, command and operation."""
    report = caches.caches(asked.window)
    alias = Column("Alias", "alias")

    def operation(row: CacheFigures) -> SafeString | str:
        if row.operation_id is None:
            return row.name
        return format_html(
            '<a class="name" href="{}">{}</a>', asked.url("endpoint", row.operation_id), row.name
        )

    servers = cache_servers.report()
    empty = "No cache was asked in this window."
    starts = [point.start for point in report.points]
    return {
        "title": "Cache",
        "charts": [
            Chart("hit-rate", "Hit rate", "percent", starts,
                  [Series("hit rate", [point.hit_rate for point in report.points])]),
            Chart("look-ups", "Look-ups", "number", starts,
                  [Series("hits", [point.hits for point in report.points]),
                   Series("misses", [point.misses for point in report.points])]),
        ],
        "servers": servers,
        "slow_commands": _slow_commands(servers),
        "aliases": Table("aliases", "By alias", _cache_columns(alias), report.aliases, empty),
        "families": Table(
            "families", "By key family", _cache_columns(Column("Family", "name"), alias), report.families,
            "No family was looked up. TACHOGRAPH[\"CACHE_FAMILIES\"] says how a key tells its family.",
        ),
        "commands": Table("commands", "By command", _cache_columns(Column("Command", "name"), alias),
                          report.commands, empty),
        "operations": Table(
            "operations", "By operation",
            _cache_columns(Column("Operation", "name", operation, shows_row=True)), report.operations, empty,
        ),
    }  # fmt: skip


def _promised(row: OperationFigures) -> list[str]:
    budget = row.budget
    said = [
        (budget.latency_p95_ms, f"p95 {ms(budget.latency_p95_ms)}"),
        (budget.queries_max, f"{number(budget.queries_max)} queries"),
        (budget.errors_max_rate, f"errors {percent(budget.errors_max_rate)}"),
        (budget.cache_min_hit_rate, f"hits {percent(budget.cache_min_hit_rate)}"),
    ]
    return [text for value, text in said if value is not None]


def _budget_columns(asked: Asked) -> list[Column]:
    def name(row: OperationFigures) -> SafeString:
        return columns.endpoint_link(asked, row.id, row.name)

    def measured(row: OperationFigures) -> str:
        said = [f"{columns.PROMISES[one.budget]}: {columns.limit(one)}" for one in row.broken]
        return "; ".join(said) or UNKNOWN

    return [
        Column("Operation", "name", name, shows_row=True),
        Column("Class", "operation_class"),
        Column("Verdict", lambda row: [one.budget for one in row.broken],
               lambda row: columns.verdict(row.broken, has_budget=row.budget.source != "none"),
               shows_row=True, key="broken"),
        Column("Promised", _promised, " · ".join, key="promised"),
        Column("Broken by", measured, key="measured"),
        Column("Runs", "now.runs", number, numeric=True, key="runs"),
        Column("Declared in", "budget.source", key="source"),
    ]  # fmt: skip


def _gate_runs(runs: list[GateRunFigures]) -> Table:
    def revision(row: GateRunFigures) -> SafeString:
        if not row.url.startswith(("https://", "http://")):
            return format_html("<code>{}</code>", row.revision[:12])
        return format_html('<a href="{}" rel="noreferrer"><code>{}</code></a>', row.url, row.revision[:12])

    listed = [
        Column("At", "at", when),
        Column("Revision", "revision", revision, shows_row=True),
        Column("Branch", "branch"),
        Column("Outcome", "outcome", lambda outcome: badge(OUTCOMES.get(outcome, "info"), outcome)),
        Column("Operations", "operations", number, numeric=True),
        Column("Broken", "broken", number, numeric=True),
        Column("By", "by"),
    ]
    return Table(
        "gate-runs", "Last runs of the gate", listed, runs,
        "No run was reported. Let the CI job POST the gate's JSON to /api/system/gate-runs.",
    )  # fmt: skip


@page("tachograph/budgets.html")
def budgets(asked: Asked) -> Context:
    """What was promised, and what was kept."""
    report = budget_reports.budgets(asked.window)
    thresholds = [
        Column("Threshold", "name"),
        Column("Bad when", "direction"),
        Column("Warning", "warning", number, numeric=True),
        Column("Critical", "critical", number, numeric=True),
        Column("For", "duration"),
    ]
    return {
        "title": "Budgets",
        "faults": report.faults,
        "operations": Table("operations", "Promises", _budget_columns(asked), report.operations,
                            "No operation ran in this window. Choose a longer one."),
        "gate_runs": _gate_runs(report.gate_runs),
        "thresholds": Table("thresholds", "Thresholds of alerts", thresholds, report.thresholds,
                            "budgets.toml declares none: a table [threshold.<name>] does."),
    }  # fmt: skip


@page("tachograph/recorder.html")
def recorder_page(asked: Asked) -> Context:  # noqa: ARG001  (its figures are of no window)
    """The recorder on itself."""
    report = recorder.recorder()
    days = [
        Column("Day", lambda row: row[0].date().isoformat(), key="day"),
        Column("Rows", lambda row: row[1], number, numeric=True, key="rows"),
    ]
    tables = [
        Column("Table", "name"),
        Column("Rows", "rows", number, numeric=True, help="PostgreSQL's estimate"),
        Column("Size", "bytes", size, numeric=True),
    ]
    metrics = [
        Column("Metric", lambda row: row[0], key="metric"),
        Column("Value", lambda row: row[1], number, numeric=True, key="value"),
    ]
    starts = [day for day, _ in report.rows_per_day]

    return {
        "title": "Recorder",
        "is_now": True,
        "report": report,
        # A line takes two points.
        "charts": [
            Chart("growth", "Rows of figures written for each day", "number", starts,
                  [Series("rows", [rows for _, rows in report.rows_per_day])]),
        ] if len(starts) > 1 else [],
        "metrics": Table("metrics", "On itself, since its figures began", metrics,
                         sorted(report.metrics.items()), "The recorder has no figures yet."),
        "tables": Table("tables", "The store", tables, report.tables,
                        "The store has no tables: run manage.py migrate."),
        "days": Table("days", "Growth", days, list(reversed(report.rows_per_day)), "Nothing is stored yet."),
    }  # fmt: skip
