"""Requests that this process is serving now."""

from __future__ import annotations

from typing import Any

from . import catalog, totals
from .cells import process
from .cells.family import family
from .cells.slot import SlotError

_GAUGES = (catalog.REQUESTS_IN_PROGRESS, catalog.WORKERS_BUSY)

_serving = 0
_generation = -1
# This process' cells and where the gauges lie in them; no place where it has no room for them.
_cells: Any = None
_bases: tuple[int, int] | None = None


def _begin_process() -> None:
    """Find the cells. A forked child serves none of its parent's requests."""
    global _serving, _generation, _cells, _bases
    _serving, _generation, _bases = 0, process.generation, None
    try:
        totals.put(catalog.WORKERS, 1)
        in_progress, busy = (family(gauge).base() for gauge in _GAUGES)
        _cells, _bases = process.slot().cells, (in_progress, busy)
    except SlotError:
        totals.drop(1)


def _add(change: int) -> None:
    global _serving  # noqa: PLW0603
    with process.lock:
        if _generation != process.generation:
            _begin_process()
        was = _serving
        _serving = now = max(was + change, 0)
        if _bases is not None:
            in_progress, busy = _bases
            _cells[in_progress] = now
            if not (was and now):
                _cells[busy] = 1.0 if now else 0.0


def enter() -> None:
    """A request began."""
    _add(1)


def leave() -> None:
    """A request ended."""
    _add(-1)
