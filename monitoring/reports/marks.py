"""What stands beside figures: deploys, traces, and the reset from which queries count."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from monitoring.store.models import Deploy, Reset, TraceSample

from .shapes import DeployMark, Trace, TraceStep
from .windows import MINUTE, Window, floor

MAX_TRACES: Final = 10
MAX_DEPLOYS: Final = 50


def deploys(window: Window) -> list[DeployMark]:
    """The deploys in the window, in order; the last ones where there are very many."""
    found = Deploy.objects.filter(at__gte=window.start, at__lt=window.end).order_by("-at")[:MAX_DEPLOYS]
    return [DeployMark(one.at, one.revision, one.note, one.by) for one in reversed(found)]


def traces(operation_id: int, window: Window) -> list[Trace]:
    """The slowest traces of an operation in the window."""
    found = TraceSample.objects.filter(
        operation_id=operation_id, at__gte=window.start, at__lt=window.end
    ).order_by("-duration_s", "-id")[:MAX_TRACES]
    return [_trace(one) for one in found]


def _trace(one: TraceSample) -> Trace:
    steps = tuple(
        TraceStep(start * 1e3, duration * 1e3, kind, where, what)
        for start, duration, kind, where, what in one.steps
    )
    return Trace(
        one.pk, one.at, one.duration_s * 1e3, one.status, tuple(one.breaches), one.request_id, one.trace_id,
        steps, one.cut,
    )  # fmt: skip


def reset_at() -> datetime | None:
    """From when on the figures of queries count: the minute of the last reset that stands.

    What ran in that minute before the reset was moved to the minute before (actions.figures).
    """
    found = Reset.objects.filter(undone_at=None).order_by("-at").values_list("at", flat=True).first()
    return None if found is None else floor(found, MINUTE)
