"""Columns that several pages show: of operations and of queries."""

from __future__ import annotations

import re
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from ..reports.shapes import (
    Broken,
    ClassFigures,
    NPlusOneFigures,
    OperationFigures,
    Place,
    QueryFigures,
)
from ..statements import CUT_MARK
from .formats import badge, change, ms, number, percent, when
from .page import Asked
from .tables import Column

SQL_SHOWN = 240
SQL_READ = 4_000
_SELECTED = re.compile(r"^(SELECT(?: DISTINCT)?) .{40,}?( FROM )", re.DOTALL)
PROMISES = {
    "latency": "latency",
    "errors": "errors",
    "queries": "queries",
    "duplicates": "duplicates",
    "nplusone": "N+1",
    "slow_queries": "slow queries",
    "cache": "cache",
}
STATES = {"open": ("warn", "open"), "acknowledged": ("info", "acknowledged"), "muted": ("off", "muted")}


def limit(broken: Broken) -> str:
    """What was measured against what was promised: `p95 312 ms, promised 200 ms`."""
    show = {"ms": ms, "rate": percent}.get(broken.unit, number)
    runs = f"{broken.runs:,} run{'' if broken.runs == 1 else 's'}"
    if broken.measured is None:
        return f"{runs} over {show(broken.limit)}"
    each = "" if broken.unit else " a run"
    return f"{show(broken.measured)}{each}, promised {show(broken.limit)}"


def verdict(broken: tuple[Broken, ...], *, has_budget: bool = True) -> SafeString:
    """Kept, or which promises were broken."""
    if not broken:
        return badge("good", "kept") if has_budget else badge("off", "no budget")
    return format_html_join(
        " ",
        "{}",
        ((badge("bad" if one.level == "error" else "warn", PROMISES[one.budget]),) for one in broken),
    )


def endpoint_link(asked: Asked, pk: int, name: str) -> SafeString:
    """An operation's name that leads to its page."""
    return format_html('<a class="name" href="{}">{}</a>', asked.url("endpoint", pk), breakable(name))


def operations(asked: Asked) -> list[Column]:
    """Of OperationFigures."""

    def name(row: OperationFigures) -> SafeString:
        return endpoint_link(asked, row.id, row.name)

    return [
        Column("Operation", "name", name, shows_row=True, sort="name"),
        Column("Class", "operation_class"),
        Column("Budget", lambda row: [one.budget for one in row.broken],
               lambda row: verdict(row.broken, has_budget=row.budget.source != "none"),
               shows_row=True, key="broken"),
        Column("Runs", "now.runs", number, numeric=True, sort="runs", key="runs"),
        Column("p50", "now.p50_ms", ms, numeric=True, key="p50_ms"),
        Column("p95", "now.p95_ms", ms, numeric=True, sort="p95", key="p95_ms"),
        Column("Against before", lambda row: row.change("p95_ms"), change, numeric=True, key="p95_change",
               help="The 95th percentile against the window before"),
        Column("Queries", "now.queries_per_run", number, numeric=True, sort="queries", key="queries_per_run",
               help="Queries of one run, on average"),
        Column("Hit rate", "now.hit_rate", percent, numeric=True, key="hit_rate"),
        Column("Errors", "now.error_rate", percent, numeric=True, sort="errors", key="error_rate"),
        Column("Total", "now.total_ms", ms, numeric=True, sort="impact", key="total_ms",
               help="The time of all runs together"),
    ]  # fmt: skip


def sql_line(sql: str) -> SafeString:
    """What a statement is about, on two lines: a long list of columns left out, and the quotes of names."""
    short = _SELECTED.sub(r"\1 …\2", sql[:SQL_READ], count=1).replace('"', "")
    if len(short) > SQL_SHOWN or len(sql) > SQL_READ:
        short = f"{short[:SQL_SHOWN]} …"
    return format_html('<code class="sql-line">{}</code>', short)


def query_link(asked: Asked, fingerprint: str, sql: str) -> SafeString:
    """A statement that leads to its page."""
    return format_html('<a href="{}">{}</a>', asked.url("query", fingerprint), sql_line(sql))


def place(found: Place) -> str:
    """File, line and function; what libraries do on their own has none."""
    return str(found) if found.line else "line not known"


def breakable(path: str) -> SafeString:
    """A path that is broken after a slash, where it must be broken."""
    return format_html_join(mark_safe("/<wbr>"), "{}", ((part,) for part in path.split("/")))


def places(row: QueryFigures) -> SafeString:
    """The first place and operation, and how many more there are."""
    known = [found for found in row.places if found.line] or [*row.places]
    first = place(known[0]) if known else "line not known"
    more = f" and {len(known) - 1} more" if len(known) > 1 else ""
    operations = ", ".join(row.operations[:2]) + (" …" if len(row.operations) > 2 else "")
    return format_html(
        '<span class="name">{}{}</span><span class="sub">{}</span>', breakable(first), more, operations
    )


def state(row: Any) -> SafeString:
    """Open, acknowledged or muted, of what is slow or an N+1; and whether it is one."""
    marks = [badge(*STATES[row.state])] if row.slow or row.nplusone or row.state != "open" else []
    if row.nplusone:
        marks.append(badge("bad", "N+1"))
    return format_html_join(" ", "{}", ((mark,) for mark in marks))


def statement(asked: Asked) -> Column:
    """The statement of a row. A list has the beginning of a long one: its export says so."""

    def whole_or_marked(row: QueryFigures | NPlusOneFigures) -> str:
        return row.sql if len(row.sql) >= row.sql_chars else row.sql + CUT_MARK

    def link(row: QueryFigures | NPlusOneFigures) -> SafeString:
        return query_link(asked, row.fingerprint, row.sql)

    return Column("Query", whole_or_marked, link, shows_row=True, key="sql")


def queries(asked: Asked, *, sortable: bool = True) -> list[Column]:
    """Of QueryFigures."""
    sort = {name: name if sortable else "" for name in ("total", "calls", "mean", "p95", "max", "slow")}
    return [
        statement(asked),
        Column("Where", lambda row: [*map(place, row.places)], places, shows_row=True, key="places"),
        Column("State", "state", state, shows_row=True),
        Column("Calls", "calls", number, numeric=True, sort=sort["calls"]),
        Column("Mean", "mean_ms", ms, numeric=True, sort=sort["mean"]),
        Column("p95", "p95_ms", ms, numeric=True, sort=sort["p95"]),
        Column("Max", "max_ms", ms, numeric=True, sort=sort["max"]),
        Column("Slow", "slow", number, numeric=True, sort=sort["slow"], help="Runs over the threshold"),
        Column("Total", "total_ms", ms, numeric=True, sort=sort["total"]),
        Column("Share", "share", percent, numeric=True, help="Of the time of all statements in this list"),
        Column("First seen", "first_seen", when),
    ]


def verdict_of_class(row: ClassFigures) -> SafeString:
    """Kept, or which promises how many of its operations broke."""
    if not row.broken:
        return verdict((), has_budget=row.budget.source != "none")
    return format_html_join(
        " ", "{}", ((badge("bad", f"{PROMISES[name]} ({count})"),) for name, count in row.broken.items())
    )
