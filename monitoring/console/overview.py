"""Are the budgets kept, and what needs attention first?"""

from __future__ import annotations

from ..reports import attention, operations
from . import standing
from .columns import verdict_of_class
from .formats import change, ms, number, percent
from .page import Asked, Context, page
from .tables import Column, Table

MOST_ATTENTION = 15


def _columns() -> list[Column]:
    return [
        Column("Class", "operation_class"),
        Column("Budget", lambda row: [*row.broken], verdict_of_class, shows_row=True, key="broken"),
        Column("Operations", "operations", number, numeric=True),
        Column("Runs", "now.runs", number, numeric=True, key="runs"),
        Column("p95", "now.p95_ms", ms, numeric=True, key="p95_ms"),
        Column("Promised", "budget.latency_p95_ms", ms, numeric=True, key="promised_ms"),
        Column("Against before", lambda row: row.change("p95_ms"), change, numeric=True, key="p95_change",
               help="The 95th percentile against the window before"),
        Column("Queries", "now.queries_per_run", number, numeric=True, key="queries_per_run",
               help="Queries of one run, on average"),
        Column("Hit rate", "now.hit_rate", percent, numeric=True, key="hit_rate"),
        Column("Errors", "now.error_rate", percent, numeric=True, key="error_rate"),
    ]  # fmt: skip


@page("tachograph/overview.html")
def overview(asked: Asked) -> Context:
    """One row for each class, and what needs attention, the worst first."""
    ran = operations.operations(asked.window)
    found = attention.attention(asked.window, ran)
    classes = Table(
        "classes",
        "Classes of operations",
        _columns(),
        operations.classes(asked.window, ran),
        empty="Nothing was recorded in this window. Send the service a request, or choose a longer window.",
    )
    return {
        "title": "Overview",
        "classes": classes,
        "reset": standing.reset(),
        "attention": [(one, _url(asked, one)) for one in found[:MOST_ATTENTION]],
        "more": max(len(found) - MOST_ATTENTION, 0),
    }


def _url(asked: Asked, one: attention.Attention) -> str:
    if one.fingerprint:
        return asked.url("query", one.fingerprint)
    return asked.url("endpoint", one.operation_id) if one.operation_id else ""
