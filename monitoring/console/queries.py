"""Statements: the list, one with its plan and what would help, and what repeats."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from ..errors import NotFoundError
from ..reports import queries as reports
from ..reports.nplusone import MAX_ROWS as MOST_NPLUSONES
from ..reports.shapes import NPlusOneFigures, Origin, Place, QueryDetail, Sample
from ..store.write import MAX_QUERIES
from . import columns, plan, sql, standing
from .access import guarded
from .charts import Chart, Series
from .endpoints import marks
from .formats import badge, ms, number, when
from .page import Asked, Context, page
from .tables import Column, Table

LIMIT = 50


@page("tachograph/queries.html")
def queries(asked: Asked) -> Context:
    """The statements of the window, those that took most time first."""
    sort = asked.sort or "total"
    found = reports.queries(
        asked.window,
        operation=asked.text("operation"),
        min_ms=asked.number("min_ms", 0),
        sort=sort,
        search=asked.search,
        state=asked.text("state"),
        page=1 if asked.export else max(asked.number("page", 1), 1),
        limit=MAX_QUERIES if asked.export else LIMIT,
    )
    table = Table(
        "queries", "Queries", columns.queries(asked), found.rows,
        sorted_by=sort, total=found.total, page=found.page, pages=found.pages,
        empty="No query fits. Choose a longer window, or clear the filters.",
    )  # fmt: skip
    return {
        "title": "Queries",
        "queries": table,
        "totals": found.totals,
        "reset": standing.reset(),
        "states": reports.STATES,
        "state": asked.text("state"),
        "operation": asked.text("operation"),
        "min_ms": asked.text("min_ms"),
    }


def _origins(asked: Asked, detail: QueryDetail) -> Table:
    def operation(row: Origin) -> str:
        return columns.endpoint_link(asked, row.operation_id, row.operation)

    def acknowledged(row: Origin) -> str:
        if row.acknowledged is None:
            return badge("warn", "open")
        if row.acknowledged.reopened_at:
            return badge("bad", "came back")
        return badge("info", f"known to {row.acknowledged.by}")

    listed = [
        Column("Code", lambda row: columns.place(row.place), key="place"),
        Column("Operation", "operation", operation, shows_row=True),
        Column("State", lambda row: bool(row.acknowledged and not row.acknowledged.reopened_at), acknowledged,
               shows_row=True, key="acknowledged"),
        Column("Calls", "calls", number, numeric=True),
        Column("Mean", "mean_ms", ms, numeric=True),
        Column("p95", "p95_ms", ms, numeric=True),
        Column("Max", "max_ms", ms, numeric=True),
        Column("Slow", "slow", number, numeric=True),
        Column("N+1", "nplusone", number, numeric=True, help="Operations in which it was an N+1"),
        Column("Total", "total_ms", ms, numeric=True),
    ]  # fmt: skip
    return Table(
        "origins", "Where it comes from", listed, detail.origins,
        empty="It did not run in this window. Choose a longer one.",
    )  # fmt: skip


def _samples(asked: Asked, samples: list[Sample]) -> Table:
    listed = [
        Column("At", "at", when),
        Column("Took", "duration_ms", ms, numeric=True),
        Column("Rows", "rows", number, numeric=True),
        Column("Operation", "operation",
               lambda row: columns.endpoint_link(asked, row.operation_id, row.operation),
               shows_row=True),
        Column("Code", lambda row: columns.place(row.place), key="place"),
        Column("Request", "request_id"),
    ]  # fmt: skip
    return Table(
        "samples", "Slow runs", listed, samples, is_tall=True,
        empty="No run of it was slow in this window.",
    )  # fmt: skip


def _charts(detail: QueryDetail) -> list[Chart]:
    points, deployed = detail.points, marks(detail.deploys)
    starts = [point.start for point in points]
    return [
        Chart("duration", "Duration of a run", "ms", starts,
              [Series("mean", [point.mean_ms for point in points]),
               Series("p95", [point.p95_ms for point in points]),
               Series("max", [point.max_ms for point in points])], marks=deployed),
        Chart("calls", "Calls", "number", starts,
              [Series("calls", [point.calls for point in points]),
               Series("slow", [point.slow for point in points])], marks=deployed),
    ]  # fmt: skip


def _open_places(detail: QueryDetail) -> list[Place]:
    """Where from nobody has acknowledged it yet."""
    found = {
        origin.place.id: origin.place
        for origin in detail.origins
        if origin.acknowledged is None or origin.acknowledged.reopened_at
    }
    return list(found.values())


@page("tachograph/query.html")
def query(asked: Asked, fingerprint: str) -> Context:
    """One statement."""
    detail = reports.query(fingerprint, asked.window)
    return {
        "title": f"Query {fingerprint}",
        "detail": detail,
        "figures": detail.figures,
        "state": columns.state(detail.figures),
        "sql": sql.shown(detail.figures.sql),
        "origins": _origins(asked, detail),
        "samples": _samples(asked, detail.samples),
        "charts": _charts(detail),
        "plan": plan.shown(detail.plan),
        "open_places": _open_places(detail),
    }


@require_safe
@guarded
def statement(request: HttpRequest, fingerprint: str) -> HttpResponse:
    """The whole statement as plain text, however long."""
    try:
        text = reports.query(fingerprint, Asked(request).window).figures.sql
    except NotFoundError as missing:
        return HttpResponse(str(missing), status=404, content_type="text/plain; charset=utf-8")
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


@page("tachograph/nplusone.html")
def nplusone(asked: Asked) -> Context:
    """Statements that one line sends again and again within an operation."""

    def operation(row: NPlusOneFigures) -> str:
        return columns.endpoint_link(asked, row.operation_id, row.operation)

    listed = [
        Column("Code", lambda row: columns.place(row.place), key="place"),
        columns.statement(asked),
        Column("Operation", "operation", operation, shows_row=True),
        Column("Runs each", "per_operation", number, numeric=True, help="Runs in one operation, on average"),
        Column("Operations", "found", number, numeric=True, help="In how many it was found"),
        Column("Total", "total_ms", ms, numeric=True),
        Column("State", "state", lambda state: badge(*columns.STATES[state])),
        Column("What to do", "advice"),
    ]
    return {
        "title": "N+1",
        "nplusones": Table(
            "nplusone", "One line, many queries", listed, reports.nplusones(asked.window),
            empty="No N+1 was found in this window.",
            note=f"Those with the most runs first, at most {MOST_NPLUSONES}.",
        ),
    }  # fmt: skip
