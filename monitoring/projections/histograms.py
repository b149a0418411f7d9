"""Histograms that were kept with other bounds than the ones that are asked for."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate

from prometheus_client.core import HistogramMetricFamily
from prometheus_client.utils import floatToGoString

from ..cells.reader import Series

Labels = tuple[str, ...]


def project(bounds: tuple[float, ...], cells: list[float], wanted: tuple[float, ...]) -> list[float]:
    """Cumulative counts at `wanted`, of a histogram that was kept with `bounds`.

    `cells` are one count a bound, one for +Inf, and the sum. A bound that it did not have takes the count at
    the next lower one: never more than is known to lie there.
    """
    cumulative = [0.0, *accumulate(cells[:-2])]
    return [cumulative[bisect_right(bounds, bound)] for bound in wanted]


def family(
    name: str,
    help_text: str,
    labels: Labels,
    bounds: tuple[float, ...],
    values: Iterable[tuple[Labels, Series]],
) -> HistogramMetricFamily:
    """One family with `bounds`, of series by their label values; those with the same ones are summed."""
    merged: dict[Labels, list[float]] = {}
    for key, one in values:
        cells = [*project(one.key.bounds, one.cells, bounds), sum(one.cells[:-1]), one.cells[-1]]
        known = merged.get(key)
        merged[key] = cells if known is None else [a + b for a, b in zip(known, cells, strict=True)]
    found = HistogramMetricFamily(name, help_text, labels=labels)
    names = [*map(floatToGoString, bounds), "+Inf"]
    for key, cells in merged.items():
        found.add_metric(key, list(zip(names, cells[:-1], strict=True)), sum_value=cells[-1])
    return found
