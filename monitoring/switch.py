"""The kill switch. `on` is read by every instrument before it does anything.

Paused in one process, it is paused in all of the project's: each looks at the shared flag when an operation
begins.
"""

from __future__ import annotations

import mmap
import os
from typing import Final

from .cells import process
from .cells.directory import directory
from .errors import TachographError

FILE_NAME: Final = "control"
RECORDING, PAUSED = 0, 1

# Whether the instruments are installed; and whether they record.
installed = False
on = True

_flag: memoryview | None = None
_generation = -1


def _open() -> memoryview:
    """The shared flag; this process' own where there is no folder to share."""
    try:
        fd = os.open(directory() / FILE_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except (OSError, TachographError):
        return memoryview(bytearray(1))
    try:
        os.ftruncate(fd, 1)
        return memoryview(mmap.mmap(fd, 1))
    except OSError:
        return memoryview(bytearray(1))
    finally:
        os.close(fd)


def _shared() -> memoryview:
    global _flag, _generation
    if _flag is None or _generation != process.generation:
        _flag, _generation = _open(), process.generation
    return _flag


def refresh() -> bool:
    """Look at the shared flag; called when an operation begins."""
    global on  # noqa: PLW0603
    on = installed and _shared()[0] == RECORDING
    return on


def pause() -> None:
    """Stop recording in all processes of the project. What runs meanwhile is not counted."""
    _shared()[0] = PAUSED
    refresh()


def resume() -> None:
    """Record again, in all processes."""
    _shared()[0] = RECORDING
    refresh()
