"""One statement in a window: its history, where it comes from, its slow runs and its plan."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db.models import FilteredRelation, Q

from monitoring.errors import NotFoundError
from monitoring.store.models import Location, OperationKey, Plan, Query, QuerySample

from . import marks
from .listing import Asked, listed
from .measures import rate
from .shapes import (
    Acknowledged,
    Origin,
    Place,
    PlanFigures,
    QueryDetail,
    QueryFigures,
    QueryPoint,
    Sample,
    State,
)  # fmt: skip
from .spans import window_spans
from .sql import QUERIES, Choice, Sums, step_of, summed, total
from .windows import Window

COLUMNS: Final = (
    "runs", "duration_s", "duration_max_s", "rows", "slow", "duplicates", "nplusone", "nplusone_runs",
)  # fmt: skip
# Of a Location, as Place has them.
_PLACE: Final = ("module", "function", "file", "line", "id")
MAX_ORIGINS: Final = 100
MAX_SAMPLES: Final = 50


def query(fingerprint: str, window: Window) -> QueryDetail:
    """One statement and all that hangs on it. Raises NotFoundError for a fingerprint that is not stored."""
    known = Query.objects.filter(fingerprint=fingerprint).first()
    if known is None:
        raise NotFoundError(
            f"There is no query {fingerprint} in the store; the list of queries has them all."
        )
    since = marks.reset_at()
    found = listed(window, Asked(fingerprints=[fingerprint], limit=1), since).rows
    return QueryDetail(
        figures=_whole(found[0], known) if found else _silent(known),
        points=_points(fingerprint, window),
        origins=_origins(fingerprint, window, since),
        samples=_samples(fingerprint, window),
        plan=_plan(fingerprint),
        muted_at=known.muted_at,
        muted_by=known.muted_by,
        deploys=marks.deploys(window),
    )


def place_of(location: Location) -> Place:
    """A place as reports have it."""
    return Place(*(getattr(location, name) for name in _PLACE))


def _whole(figures: QueryFigures, known: Query) -> QueryFigures:
    return QueryFigures(
        **{name: getattr(figures, name) for name in QueryFigures.__dataclass_fields__} | {"sql": known.sql}
    )


def _silent(known: Query) -> QueryFigures:
    """A statement that did not run in the window."""
    state: State = "muted" if known.muted_at else "open"
    return QueryFigures(
        known.pk, known.sql, len(known.sql), known.kind, known.alias, tuple(known.tables), 0, 0.0, None, None,
        None, None, None, 0, 0, 0, 0, 0, None, (), (), state, known.first_seen,
    )  # fmt: skip


def _points(fingerprint: str, window: Window) -> list[QueryPoint]:
    """The history is whole, whatever was reset."""
    choice = Choice(
        QUERIES,
        [step_of(window.step.total_seconds())],
        window_spans(window, step=window.step),
        "p.query_id = %s AND NOT p.nested",
        [fingerprint],
    )
    found = summed(choice, COLUMNS)
    return [_point(start, found.get((start,)) or total(COLUMNS, ())) for start in window.steps]


def _point(start: datetime, sums: Sums) -> QueryPoint:
    runs = sums.whole("runs")
    return QueryPoint(
        start, runs, rate(sums.ms("duration_s"), runs), sums.percentile_ms(0.95),
        sums.ms("duration_max_s") if runs else None, sums.whole("slow"),
    )  # fmt: skip


def _origins(fingerprint: str, window: Window, since: datetime | None) -> list[Origin]:
    choice = Choice(
        QUERIES,
        ["p.operation_id", "p.location_id", "p.nested"],
        window_spans(window, since=since),
        "p.query_id = %s",
        [fingerprint],
    )
    found = sorted(summed(choice, COLUMNS).items(), key=lambda item: -item[1]["duration_s"])[:MAX_ORIGINS]
    keys = OperationKey.objects.in_bulk([operation for (operation, _, _), _ in found])
    places = _places(fingerprint, [location for (_, location, _), _ in found])
    return [
        _origin(keys[operation], *places[location], sums, nested=nested)
        for (operation, location, nested), sums in found
    ]


def _places(fingerprint: str, ids: list[int]) -> dict[int, tuple[Place, Acknowledged | None]]:
    """Each place by its id, and what somebody said of the statement there."""
    said = FilteredRelation("acknowledgement", condition=Q(acknowledgement__query=fingerprint))
    names = ("said__at", "said__by", "said__note", "said__reopened_at")
    found = Location.objects.filter(pk__in=ids).annotate(said=said).values(*_PLACE, *names)
    return {
        row["id"]: (
            Place(*(row[name] for name in _PLACE)),
            Acknowledged(*(row[name] for name in names)) if row["said__at"] else None,
        )
        for row in found
    }


def _origin(
    key: OperationKey, place: Place, said: Acknowledged | None, sums: Sums, *, nested: bool
) -> Origin:
    runs = sums.whole("runs")
    return Origin(
        operation_id=key.pk,
        kind=key.kind,
        operation=key.name,
        operation_class=key.operation_class,
        place=place,
        calls=runs,
        total_ms=sums.ms("duration_s"),
        mean_ms=rate(sums.ms("duration_s"), runs),
        p95_ms=sums.percentile_ms(0.95),
        max_ms=sums.ms("duration_max_s") if runs else None,
        slow=sums.whole("slow"),
        rows=sums.whole("rows"),
        duplicates=sums.whole("duplicates"),
        nplusone=sums.whole("nplusone"),
        nplusone_runs=sums.whole("nplusone_runs"),
        nested=nested,
        acknowledged=said,
    )


def _samples(fingerprint: str, window: Window) -> list[Sample]:
    found = (
        QuerySample.objects.filter(query_id=fingerprint, at__gte=window.start, at__lt=window.end)
        .select_related("operation", "location")
        .order_by("-at", "-id")[:MAX_SAMPLES]
    )
    return [
        Sample(
            one.at, one.duration_s * 1e3, None if one.rows < 0 else one.rows, one.operation_id,
            one.operation.name, place_of(one.location), one.request_id, one.trace_id,
        )
        for one in found
    ]  # fmt: skip


def _plan(fingerprint: str) -> PlanFigures | None:
    one = Plan.objects.filter(query_id=fingerprint).order_by("-at", "-id").first()
    return (
        one
        if one is None
        else PlanFigures(one.at, one.plan, one.error, one.total_cost, one.findings, one.advice)
    )
