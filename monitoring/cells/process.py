"""This process' slot: claimed at the first use, given up after a fork."""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path

from ..catalog import WORKER_STARTS
from ..errors import TachographError
from . import slot as slots
from .directory import directory
from .layout import key_of

logger = logging.getLogger("tachograph.recorder")

# Reentrant: a finaliser may run a query while the lock is held.
lock = threading.RLock()
_slot: slots.Slot | None = None
generation = 0


def slot() -> slots.Slot:
    """The slot that this process writes, claimed when first asked for.

    Without one to be had (a full disk, a folder that may not be written) the process counts for itself
    alone, and says so once.
    """
    global _slot  # noqa: PLW0603
    if _slot is None:
        with lock:
            if _slot is None:
                _slot = _claim()
    return _slot


def _claim() -> slots.Slot:
    try:
        return _started(slots.claim(directory()))
    except TachographError as error:
        logger.error("The recorder counts for this process alone: %s", error)
        return _started(slots.Slot(None, -1))


def _started(slot: slots.Slot) -> slots.Slot:
    """Count the start, which also shows that the slot has room."""
    slot.cells[slot.add(key_of(WORKER_STARTS, ()))] += 1
    return slot


def is_mine(path: Path) -> bool:
    """Whether `path` is the file of this process' slot."""
    return _slot is not None and _slot.fd is not None and path.name == slots.file_name(_slot.number)


def forget() -> None:
    """Give up the slot; the next use claims one. What it counted stays."""
    global _slot, generation  # noqa: PLW0603
    with lock:
        if _slot is not None:
            _slot.abandon()
        _slot = None
        generation += 1


def _after_fork() -> None:
    global lock, _slot, generation  # noqa: PLW0603
    lock = threading.RLock()
    if _slot is not None:
        _slot.abandon()
    _slot = None
    generation += 1


os.register_at_fork(after_in_child=_after_fork)
