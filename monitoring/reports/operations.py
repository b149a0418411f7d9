"""What operations cost in a window, against their budgets and the window before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from monitoring.budgets import budgets
from monitoring.errors import NotFoundError, ReportError
from monitoring.store.models import OperationKey

from . import marks, queries
from .measures import COLUMNS, broken, measures
from .shapes import ClassFigures, OperationDetail, OperationFigures, OperationPoint
from .spans import window_spans
from .sql import OPERATIONS, Choice, Sums, step_of, summed, total
from .windows import Window

TOP_QUERIES: Final = 20

_SORTS: Final[dict[str, Callable[[OperationFigures], tuple[float | str, ...]]]] = {
    "impact": lambda one: (-one.now.total_ms,),
    "name": lambda one: (one.name,),
    "runs": lambda one: (-one.now.runs,),
    "p95": lambda one: (-(one.now.p95_ms or 0),),
    "queries": lambda one: (-(one.now.queries_per_run or 0),),
    "errors": lambda one: (-(one.now.error_rate or 0), -one.now.errors),
    "hit_rate": lambda one: (one.now.hit_rate is None, one.now.hit_rate or 0),
    "broken": lambda one: (-len(one.broken), -one.now.total_ms),
}
SORTS: Final = tuple(_SORTS)


@dataclass(slots=True)
class _Sides:
    """What one operation did in the window and in the one before."""

    now: Sums | None = None
    before: Sums | None = None


def operations(
    window: Window, *, operation_class: str = "", search: str = "", sort: str = "impact"
) -> list[OperationFigures]:
    """The operations that ran in the window. `search` is a part of their name, in any case.

    Raises ReportError for a sort that there is not.
    """
    if sort not in _SORTS:
        raise ReportError("sort", f"Operations are not sorted by {sort!r}: choose one of {', '.join(SORTS)}.")
    keys = OperationKey.objects.all()
    if operation_class:
        keys = keys.filter(operation_class=operation_class)
    if search:
        keys = keys.filter(name__icontains=search)
    known = keys.in_bulk()
    sides = _read(window, list(known) if operation_class or search else None)
    figures = [_figures(known[pk], side) for pk, side in sides.items() if side.now and pk in known]
    return sorted(figures, key=lambda one: (*_SORTS[sort](one), one.name, one.id))


def classes(window: Window, ran: Sequence[OperationFigures] | None = None) -> list[ClassFigures]:
    """One row for each class that ran in the window, in the order of budgets.toml.

    `ran`: all operations of the window, where they are read already.
    """
    members: dict[str, list[OperationFigures]] = {}
    for one in operations(window) if ran is None else ran:
        members.setdefault(one.operation_class, []).append(one)
    order = [*budgets().classes, *sorted(members.keys() - budgets().classes.keys())]
    return [_class(name, members[name]) for name in order if name in members]


def operation(pk: int, window: Window) -> OperationDetail:
    """One operation and all that hangs on it. Raises NotFoundError where there is none of that number."""
    key = OperationKey.objects.filter(pk=pk).first()
    if key is None:
        raise NotFoundError(f"There is no operation {pk} in the store; the list of operations has them all.")
    return OperationDetail(
        figures=_figures(key, _read(window, [pk]).get(pk, _Sides())),
        points=_points(pk, window),
        queries=queries.queries(window, operation_id=pk, limit=TOP_QUERIES).rows,
        deploys=marks.deploys(window),
        traces=marks.traces(pk, window),
    )


def _read(window: Window, only: Sequence[int] | None = None) -> dict[int, _Sides]:
    choice = Choice(
        OPERATIONS,
        ["p.operation_id", "p.start >= %s"],
        window_spans(window.before) + window_spans(window),
        "true" if only is None else "p.operation_id = ANY(%s)",
        [] if only is None else [list(only)],
        [window.start],
    )
    found: dict[int, _Sides] = {}
    for (pk, is_now), sums in summed(choice, COLUMNS).items():
        side = found.setdefault(pk, _Sides())
        if is_now:
            side.now = sums
        else:
            side.before = sums
    return found


def _figures(key: OperationKey, side: _Sides) -> OperationFigures:
    budget = budgets().resolve(key.name, key.operation_class)
    now = side.now or total(COLUMNS, ())
    before = measures(side.before) if side.before else None
    return OperationFigures(
        key.pk, key.kind, key.name, key.operation_class, measures(now), before, budget,
        broken(budget, now), now, side.before,
    )  # fmt: skip


def _class(name: str, members: Sequence[OperationFigures]) -> ClassFigures:
    before = [one.sums_before for one in members if one.sums_before]
    promises: dict[str, int] = {}
    for promise in (found.budget for one in members for found in one.broken):
        promises[promise] = promises.get(promise, 0) + 1
    return ClassFigures(
        name,
        len(members),
        measures(total(COLUMNS, [one.sums for one in members])),
        measures(total(COLUMNS, before)) if before else None,
        budgets().resolve("", name),
        promises,
    )


def _points(pk: int, window: Window) -> list[OperationPoint]:
    spans = window_spans(window, step=window.step)
    step = step_of(window.step.total_seconds())
    found = summed(Choice(OPERATIONS, [step], spans, "p.operation_id = %s", [pk]), COLUMNS)
    return [_point(start, found.get((start,)) or total(COLUMNS, ())) for start in window.steps]


def _point(start: datetime, sums: Sums) -> OperationPoint:
    cost = measures(sums)
    return OperationPoint(
        start, cost.runs, cost.p50_ms, cost.p95_ms, cost.p99_ms, cost.queries_per_run, cost.error_rate,
        cost.hit_rate,
    )  # fmt: skip
