"""Requests that this process is serving now."""

from __future__ import annotations

from . import catalog, totals
from .cells import process
from .cells.slot import SlotError

_serving = 0
_generation = -1


def _write() -> None:
    try:
        totals.put(catalog.REQUESTS_IN_PROGRESS, _serving)
        totals.put(catalog.WORKERS_BUSY, min(_serving, 1))
        totals.put(catalog.WORKERS, 1)
    except SlotError:
        totals.drop(1)


def enter() -> None:
    """A request began."""
    global _serving, _generation  # noqa: PLW0603
    with process.lock:
        if _generation != process.generation:
            _serving, _generation = 0, process.generation  # a forked child serves none of its parent's
        _serving += 1
        _write()


def leave() -> None:
    """A request ended."""
    global _serving  # noqa: PLW0603
    with process.lock:
        _serving = max(_serving - 1, 0)
        _write()
