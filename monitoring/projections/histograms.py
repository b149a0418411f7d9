"""Histograms that were kept with other bounds than the ones that are asked for."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate


def project(bounds: tuple[float, ...], cells: list[float], wanted: tuple[float, ...]) -> list[float]:
    """Cumulative counts at `wanted`, of a histogram that was kept with `bounds`.

    `cells` are one count a bound, one for +Inf, and the sum. A bound that it did not have takes the count at
    the next lower one: never more than is known to lie there.
    """
    cumulative = [0.0, *accumulate(cells[:-2])]
    return [cumulative[bisect_right(bounds, bound)] for bound in wanted]
