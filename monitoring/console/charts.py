"""A chart over time. The browser draws it from the same numbers that its table shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .formats import ms, number, percent, when

UNITS: dict[str, Callable[[float | None], str]] = {"ms": ms, "number": number, "percent": percent}
# A line's pattern tells it apart where its colour does not: (dash, gap) in pixels.
DASHES: tuple[tuple[int, ...], ...] = ((), (6, 3), (2, 3), (10, 3, 2, 3))


@dataclass(frozen=True, slots=True)
class Series:
    """A named line; None where nothing was measured."""

    name: str
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Chart:
    """`starts` are the beginnings of the steps; `limit` is the budget, a line; `marks` are deploys."""

    id: str
    title: str
    unit: str
    starts: Sequence[datetime]
    series: Sequence[Series]
    limit: float | None = None
    limit_name: str = "budget"
    marks: Sequence[tuple[datetime, str]] = field(default_factory=tuple)

    @property
    def has_data(self) -> bool:
        """Whether any step has a value."""
        return any(value is not None for series in self.series for value in series.values)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The legend: each line's number, name and pattern."""
        found = [
            {"number": place, "name": series.name, "dash": " ".join(map(str, DASHES[place % len(DASHES)]))}
            for place, series in enumerate(self.series)
        ]
        if self.limit is not None:
            shown = f"{self.limit_name} {UNITS[self.unit](self.limit)}"
            found.append({"number": "limit", "name": shown, "dash": "1 3"})
        return found

    @property
    def data(self) -> dict[str, Any]:
        """What the script draws."""
        return {
            "title": self.title,
            "unit": self.unit,
            "starts": [int(start.timestamp()) for start in self.starts],
            "series": [
                {"name": series.name, "values": list(series.values), "dash": DASHES[place % len(DASHES)]}
                for place, series in enumerate(self.series)
            ],
            "limit": self.limit,
            "marks": [{"at": int(at.timestamp()), "text": text} for at, text in self.marks],
        }

    @property
    def rows(self) -> list[tuple[Any, list[str]]]:
        """The same numbers for its table, the latest first, without the steps in which nothing ran."""
        show = UNITS[self.unit]
        found = []
        for place in range(len(self.starts) - 1, -1, -1):
            values = [series.values[place] for series in self.series]
            if any(value is not None for value in values):
                found.append((when(self.starts[place]), [show(value) for value in values]))
        return found


def sparkline(values: Sequence[float | None], width: int = 96, height: int = 22) -> str:
    """The points of an SVG polyline through the values; the unknown ones are left out."""
    known = [value for value in values if value is not None]
    if not known or len(values) < 2:
        return ""
    top = max(known) or 1
    step = width / (len(values) - 1)
    return " ".join(
        f"{place * step:.1f},{height - 1 - value / top * (height - 2):.1f}"
        for place, value in enumerate(values)
        if value is not None
    )
