"""Which rows make up a window: minutes at its ragged edges, whole hours and days between.

The store adds what runs to its minute, its hour and its day at once. So the hour and the day that are running
count as whole, up to now.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.utils import timezone

from monitoring.store.models import Level
from monitoring.store.retention import retention

from .windows import HOUR, MINUTE, Window, floor

DAY: Final = timedelta(days=1)


class Span(NamedTuple):
    """The rows of one level that begin from `start` up to `end`."""

    level: Level
    start: datetime
    end: datetime


def spans(
    start: datetime, end: datetime, *, step: timedelta = DAY, now: datetime | None = None
) -> list[Span]:
    """The rows that make up the time from `start` to `end`, none of them longer than `step`.

    Where the minutes of an edge are gone, its broken hour is left out.
    """
    now = now or timezone.now()
    if end > now:
        end = _ceil(end, DAY)
    first, last = _ceil(start, HOUR), floor(end, HOUR)
    if step < HOUR or last <= first:
        return _some(Span(Level.MINUTE, start, end))
    horizon = now - retention()["minute"]
    early = Span(Level.MINUTE, start if start >= horizon else first, first)
    late = Span(Level.MINUTE, last if last >= horizon else end, end)
    return _some(early, *_whole(first, last, step), late)


def window_spans(
    window: Window, *, step: timedelta = DAY, since: datetime | None = None, now: datetime | None = None
) -> list[Span]:
    """As `spans`, of a window, up to an hour by the minute; `since`: nothing from before counts (a reset)."""
    if window.length <= HOUR:
        step = MINUTE
    start = window.start if since is None else max(window.start, since)
    return spans(start, max(start, window.end), step=step, now=now)


def _whole(first: datetime, last: datetime, step: timedelta) -> list[Span]:
    """Whole hours, and the whole days among them."""
    midnight, latest = _ceil(first, DAY), floor(last, DAY)
    if step < DAY or latest <= midnight:
        return [Span(Level.HOUR, first, last)]
    return [
        Span(Level.HOUR, first, midnight),
        Span(Level.DAY, midnight, latest),
        Span(Level.HOUR, latest, last),
    ]


def _ceil(moment: datetime, step: timedelta) -> datetime:
    whole = floor(moment, step)
    return whole if whole == moment else whole + step


def _some(*found: Span) -> list[Span]:
    return [span for span in found if span.start < span.end]


def where(found: Sequence[Span], alias: str = "p") -> tuple[str, list[object]]:
    """The condition that chooses the rows, and its parameters."""
    if not found:
        return "false", []
    each = f"({alias}.level = %s AND {alias}.start >= %s AND {alias}.start < %s)"
    return f"({' OR '.join([each] * len(found))})", [value for span in found for value in span]
