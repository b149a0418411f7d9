"""The time that a report is about. Figures are by the minute: a window ends with the running one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from django.utils import timezone

from monitoring.errors import ReportError

MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)

# Name -> how long, and how long a step of its charts is.
WINDOWS: Final[Mapping[str, tuple[timedelta, timedelta]]] = {
    "15m": (timedelta(minutes=15), MINUTE),
    "1h": (HOUR, MINUTE),
    "6h": (6 * HOUR, 5 * MINUTE),
    "24h": (24 * HOUR, HOUR),
    "7d": (timedelta(days=7), 6 * HOUR),
}
DEFAULT: Final = "1h"


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` up to `end`, both UTC, at whole minutes; 24h and 7d begin at a whole hour."""

    name: str
    start: datetime
    end: datetime
    step: timedelta

    @property
    def length(self) -> timedelta:
        """What the name says."""
        return WINDOWS[self.name][0]

    @property
    def before(self) -> Window:
        """The window before this one, just as long as its name says."""
        return Window(self.name, self.start - self.length, self.start, self.step)

    @property
    def steps(self) -> list[datetime]:
        """Where the steps of its charts begin."""
        first = floor(self.start, self.step)
        count = -(-(self.end - first) // self.step)
        return [first + number * self.step for number in range(count)]


def floor(moment: datetime, step: timedelta) -> datetime:
    """The last whole `step` (a part of a day) at or before the moment, in UTC."""
    moment = moment.astimezone(UTC)
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (moment - midnight) // step * step


def window(name: str = DEFAULT, now: datetime | None = None) -> Window:
    """The window of that name that ends now. Raises ReportError for a name that there is not."""
    if name not in WINDOWS:
        raise ReportError("window", f"There is no window {name!r}: choose one of {', '.join(WINDOWS)}.")
    length, step = WINDOWS[name]
    end = floor(now or timezone.now(), MINUTE) + MINUTE
    start = end - length
    # Minutes are not kept for a day: hours are.
    return Window(name, floor(start, HOUR) if length >= 24 * HOUR else start, end, step)
