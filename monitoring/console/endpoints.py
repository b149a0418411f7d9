"""Operations: the list, and one with its charts, its queries and its traces."""

from __future__ import annotations

from typing import Any

from ..budgets import budgets
from ..reports import operations
from ..reports.shapes import DeployMark, OperationDetail, OperationFigures, OperationPoint
from . import columns, standing
from .charts import Chart, Series
from .page import Asked, Context, page
from .tables import Table
from .traces import timeline

MOST_TRACES = 8


@page("tachograph/endpoints.html")
def endpoints(asked: Asked) -> Context:
    """Every operation of the window."""
    chosen, sort = asked.text("class"), asked.sort or "impact"
    rows = operations.operations(asked.window, operation_class=chosen, search=asked.search, sort=sort)
    table = Table(
        "operations", "Operations", columns.operations(asked), rows,
        sorted_by=sort, total=len(rows),
        empty="No operation ran that fits. Choose a longer window, or clear the search.",
    )  # fmt: skip
    return {
        "title": "Endpoints",
        "operations": table,
        "classes": sorted(budgets().classes),
        "chosen": chosen,
    }


def marks(deploys: list[DeployMark]) -> list[tuple[Any, str]]:
    """Deploys for a chart."""
    return [(deploy.at, deploy.revision[:12]) for deploy in deploys]


def _series(points: list[OperationPoint], **names: str) -> list[Series]:
    return [Series(name, [getattr(point, field) for point in points]) for field, name in names.items()]


def _charts(detail: OperationDetail) -> list[Chart]:
    points, budget = detail.points, detail.figures.budget
    starts, deployed = [point.start for point in points], marks(detail.deploys)
    charts = [
        Chart("latency", "Duration of a run", "ms", starts,
              _series(points, p50_ms="p50", p95_ms="p95", p99_ms="p99"),
              budget.latency_p95_ms, "p95 promised", deployed),
        Chart("queries-per-run", "Queries of a run", "number", starts,
              _series(points, queries_per_run="queries"), budget.queries_max, "promised", deployed),
        Chart("error-rate", "Errors", "percent", starts,
              _series(points, error_rate="failed"), budget.errors_max_rate, "promised", deployed),
        Chart("runs", "Runs", "number", starts, _series(points, runs="runs"), marks=deployed),
    ]  # fmt: skip
    if any(point.hit_rate is not None for point in points):
        charts.append(
            Chart("hit-rate", "Cache hit rate", "percent", starts, _series(points, hit_rate="hits"),
                  budget.cache_min_hit_rate, "promised", deployed)
        )  # fmt: skip
    return charts


def promises(figures: OperationFigures) -> list[tuple[str, str]]:
    """Which promise was broken, and by how much."""
    return [(columns.PROMISES[one.budget], columns.limit(one)) for one in figures.broken]


@page("tachograph/endpoint.html")
def endpoint(asked: Asked, operation_id: int) -> Context:
    """One operation."""
    detail = operations.operation(operation_id, asked.window)
    queries = Table(
        "queries", "Its queries, by time", columns.queries(asked, sortable=False), detail.queries,
        empty="It asked the database nothing in this window.",
    )  # fmt: skip
    is_request = detail.figures.kind == "request"
    return {
        "title": detail.figures.name,
        "figures": detail.figures,
        "verdict": columns.verdict(detail.figures.broken, has_budget=detail.figures.budget.source != "none"),
        "promises": promises(detail.figures),
        "charts": _charts(detail),
        "queries": queries,
        "silk_sessions": standing.silk_sessions(detail.figures.name) if is_request else None,
        "silk_url": standing.silk_url(),
        "traces": [timeline(trace) for trace in detail.traces[:MOST_TRACES]],
    }
