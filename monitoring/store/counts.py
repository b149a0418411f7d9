"""The store on itself, in the cells: what was written, what was dropped, how long it took."""

from __future__ import annotations

from collections.abc import Callable

from .. import catalog, totals
from ..cells import process
from ..cells.slot import SlotError


def _count(write: Callable[..., None], metric: catalog.Metric, number: float, *values: str) -> None:
    with process.lock:
        try:
            write(metric, number, *values)
        except SlotError:
            totals.drop(1)


def dropped(what: str, number: int) -> None:
    """What found no room, or could not be written: runs of `queries` or `operations`, `samples`, `traces`."""
    if number:
        _count(totals.add, catalog.STORE_DROPPED, number, what)


def rows(table: str, number: int) -> None:
    """Rows that were added to a table or brought up to date in it."""
    _count(totals.add, catalog.STORE_ROWS, number, table)


def waiting(number: int) -> None:
    """Rows of this process that wait to be written."""
    _count(totals.put, catalog.STORE_WAITING, number)


def flushed(seconds: float) -> None:
    """A flush that wrote all there was."""
    _count(totals.observe, catalog.STORE_FLUSH, seconds)


def failed() -> None:
    """A flush that did not."""
    _count(totals.add, catalog.STORE_FAILURES, 1)
