"""The cells of one metric in this process' slot."""

from __future__ import annotations

from ..catalog import Metric
from . import process
from .layout import key_of


class Family:
    """A metric's series in this process. Call its methods under `process.lock`."""

    __slots__ = ("_bases", "_generation", "metric")

    def __init__(self, metric: Metric) -> None:
        self.metric = metric
        self._bases: dict[tuple[str, ...], int] = {}
        self._generation = -1

    def base(self, *values: str) -> int:
        """The first cell of the series with these label values. Raises SlotError when there is no room."""
        if self._generation != process.generation:
            self._bases.clear()
            self._generation = process.generation
        found = self._bases.get(values)
        if found is None:
            found = self._bases[values] = process.slot().add(key_of(self.metric, values))
        return found


_families: dict[Metric, Family] = {}


def family(metric: Metric) -> Family:
    """The one Family of a metric."""
    found = _families.get(metric)
    if found is None:
        found = _families[metric] = Family(metric)
    return found
