"""The console without its database: what the shared cells and this process' memory still know."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from .. import catalog, traces
from ..cells import reader
from ..reports.histograms import Histogram
from ..reports.shapes import Trace, TraceStep
from .formats import ms, number, percent
from .tables import Column, Table, export
from .traces import Timeline, timeline

logger = logging.getLogger("tachograph.console")
MOST_TRACES = 5
Labels = tuple[str, str, str]


@dataclass(slots=True)
class Known:
    """An operation since its figures began, as the cells of all processes of this host have it."""

    labels: Labels
    runs: int = 0
    errors: int = 0
    queries: int = 0
    total_ms: float = 0.0
    p95_ms: float | None = None

    @property
    def error_rate(self) -> float | None:
        """The share of its runs that failed."""
        return self.errors / self.runs if self.runs else None

    @property
    def queries_per_run(self) -> float | None:
        """On average."""
        return self.queries / self.runs if self.runs else None


def _is_error(status: str) -> bool:
    return status == "error" or (status.isdecimal() and int(status) >= 500)


def _take(found: Known, series: reader.Series) -> None:
    key, cells = series.key, series.cells
    if key.name == catalog.operation_duration().name:
        seconds = Histogram(key.bounds, tuple(cells[:-1])).percentile(0.95)
        found.p95_ms = seconds * 1000 if seconds is not None else None
        found.total_ms = cells[-1] * 1000
    elif key.name == catalog.OPERATION_QUERIES.name:
        found.queries = int(cells[-1])
    elif key.name == catalog.OPERATIONS.name:
        found.runs += int(cells[0])
        found.errors += int(cells[0]) if _is_error(key.values[3]) else 0


def operations() -> list[Known]:
    """All operations of the cells, those that took most time first."""
    names = {catalog.operation_duration().name, catalog.OPERATION_QUERIES.name, catalog.OPERATIONS.name}
    found: dict[Labels, Known] = {}
    for series in reader.read()[0]:
        if series.key.name in names:
            kind, name, operation_class = series.key.values[:3]
            labels = kind, name, operation_class
            _take(found.setdefault(labels, Known(labels)), series)
    return sorted(found.values(), key=lambda known: -known.total_ms)


def _timeline(kept: traces.Trace) -> Timeline:
    steps = tuple(
        TraceStep(step.start_ns / 1e6, step.duration_ns / 1e6, step.kind, step.where, step.what)
        for step in kept.steps
    )
    # Its time is not shown: these are of the last hour.
    return timeline(
        Trace(0, None, kept.duration_ns / 1e6, kept.status, kept.breaches, kept.request_id, kept.trace_id,  # type: ignore[arg-type]
              steps, kept.cut)
    )  # fmt: skip


def _traces(known: list[Known]) -> list[tuple[str, Timeline]]:
    found = [
        (one.labels[1], trace)
        for one in known
        for trace in traces.traces((one.labels[0], one.labels[1], one.labels[2]))
    ]
    found.sort(key=lambda pair: -pair[1].duration_ns)
    return [(name, _timeline(trace)) for name, trace in found[:MOST_TRACES]]


_COLUMNS = [
    Column("Operation", lambda row: row.labels[1], key="name"),
    Column("Class", lambda row: row.labels[2], key="operation_class"),
    Column("Runs", "runs", number, numeric=True),
    Column("p95", "p95_ms", ms, numeric=True),
    Column("Queries", "queries_per_run", number, numeric=True),
    Column("Errors", "error_rate", percent, numeric=True),
    Column("Total", "total_ms", ms, numeric=True),
]


def database_is_down(request: HttpRequest, fault: Exception, *, shows_figures: bool = True) -> HttpResponse:
    """503: says that the database does not answer, and shows what is known without it."""
    logger.warning("The console is without its database: %s", fault)
    context: dict[str, object] = {"title": "The database does not answer", "is_bare": True}
    if shows_figures:
        known = operations()
        table = Table("operations", "Since the service started", _COLUMNS, known,
                      "No operation was recorded by the processes of this host.")  # fmt: skip
        if (answer := export([table], request.GET.get("export", ""), "")) is not None:
            return answer
        context |= {"operations": table, "traces": _traces(known)}
    return render(request, "tachograph/down.html", context, status=503)
