"""Requests that this process is serving now."""

from __future__ import annotations

from . import catalog, totals
from .cells import process
from .cells.family import family
from .cells.slot import SlotError

_GAUGES = (catalog.REQUESTS_IN_PROGRESS, catalog.WORKERS_BUSY)

_serving = 0
_generation = -1
# Where the gauges lie in this process' slot; empty where it has no room for them.
_bases: tuple[int, ...] = ()


def _begin_process() -> None:
    """Find the cells. A forked child serves none of its parent's requests."""
    global _serving, _generation, _bases  # noqa: PLW0603
    _serving, _generation, _bases = 0, process.generation, ()
    try:
        totals.put(catalog.WORKERS, 1)
        _bases = tuple(family(gauge).base() for gauge in _GAUGES)
    except SlotError:
        totals.drop(1)


def _add(change: int) -> None:
    global _serving  # noqa: PLW0603
    with process.lock:
        if _generation != process.generation:
            _begin_process()
        _serving = max(_serving + change, 0)
        if _bases:
            cells = process.slot().cells
            cells[_bases[0]] = _serving
            cells[_bases[1]] = 1.0 if _serving else 0.0


def enter() -> None:
    """A request began."""
    _add(1)


def leave() -> None:
    """A request ended."""
    _add(-1)
