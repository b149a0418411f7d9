"""Which rows make up a window: minutes at its ragged edges, whole hours and days between.

The store rolls minutes up to hours and hours to days once a minute, so the youngest are read by the minute.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.utils import timezone

from monitoring.store.models import Level

from .windows import HOUR, MINUTE, Window, floor

DAY: Final = timedelta(days=1)
# By then an hour that ended is rolled up, and what came late is in it.
SETTLED: Final = timedelta(minutes=5)
# What is older may have been pruned by the minute: it is read by whole hours.
MINUTES_KEPT: Final = timedelta(hours=11)


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
    first, last = _ceil(start, HOUR), floor(min(end, now - SETTLED), HOUR)
    if step < HOUR or last <= first:
        return _some(Span(Level.MINUTE, start, end))
    horizon = now - MINUTES_KEPT
    early = Span(Level.MINUTE, start if start >= horizon else first, first)
    late = Span(Level.MINUTE, last if last >= horizon else end, end)
    return _some(early, *_whole(first, last, step, now), late)


def window_spans(window: Window, *, step: timedelta = DAY, since: datetime | None = None) -> list[Span]:
    """As `spans`, of a window; `since`: nothing from before counts (a reset)."""
    start = window.start if since is None else max(window.start, since)
    return spans(start, max(start, window.end), step=step)


def _whole(first: datetime, last: datetime, step: timedelta, now: datetime) -> list[Span]:
    """Whole hours, and the whole days among them."""
    midnight, latest = _ceil(first, DAY), floor(min(last, now - SETTLED - MINUTE), DAY)
    if step < DAY or latest <= midnight:
        return [Span(Level.HOUR, first, last)]
    return [
        Span(Level.HOUR, first, midnight), Span(Level.DAY, midnight, latest), Span(Level.HOUR, latest, last),
    ]  # fmt: skip


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
