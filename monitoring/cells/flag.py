"""One byte that the processes of a project share: what one sets, all see."""

from __future__ import annotations

import mmap
import os

from ..errors import TachographError
from . import process
from .directory import directory


class SharedFlag:
    """A flag of the host's processes of one project, down at first and kept in a file of that name.

    Where there is no folder to share, it is this process' own.
    """

    __slots__ = ("_byte", "_file_name", "_generation")

    def __init__(self, file_name: str) -> None:
        self._file_name = file_name
        self._byte = memoryview(b"\0")
        self._generation = -1  # of the process that opened it: a fork, or another folder, opens it anew

    def is_up(self) -> bool:
        """Read at each operation: one comparison and one byte."""
        if self._generation != process.generation:
            self._open()
        return self._byte[0] != 0

    def put(self, *, up: bool) -> None:
        """Raise or lower it for all."""
        self._open()
        self._byte[0] = up

    def _open(self) -> None:
        self._byte = _shared(self._file_name)
        self._generation = process.generation


def _shared(file_name: str) -> memoryview:
    try:
        fd = os.open(directory() / file_name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except (OSError, TachographError):
        return memoryview(bytearray(1))
    try:
        os.ftruncate(fd, 1)
        return memoryview(mmap.mmap(fd, 1))
    except OSError:
        return memoryview(bytearray(1))
    finally:
        os.close(fd)
