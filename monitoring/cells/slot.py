"""One process' slot: claimed by `flock`, freed by the kernel however the process dies."""

from __future__ import annotations

import fcntl
import mmap
import os
from pathlib import Path

from ..errors import TachographError
from .identity import started
from .layout import (
    CELLS,
    CELLS_START,
    FILE_BYTES,
    GAUGES,
    HEADER_BYTES,
    KEYS_BYTES,
    KEYS_FIELD,
    MAGIC,
    MAGIC_FIELD,
    PID_FIELD,
    STARTED_FIELD,
    STEP_BYTES,
    Key,
    decode,
)  # fmt: skip

MAX_SLOTS = 256


class SlotError(TachographError):
    """No slot can be had: the message says why, and what to do."""


class Slot:
    """A block of cells and the keys that name them. `cells[base]` is the first cell of a key.

    `fd` is None for a private slot, which no other process sees. `used` cells carry a key.
    """

    def __init__(self, fd: int | None, number: int) -> None:
        self.fd = fd
        self.number = number
        self._reserved = {0: 0, CELLS_START: 0}
        if fd is not None:
            if os.fstat(fd).st_size < FILE_BYTES:
                os.ftruncate(fd, FILE_BYTES)
            self._reserve(0, HEADER_BYTES)
        self._map = mmap.mmap(fd if fd is not None else -1, FILE_BYTES)
        with memoryview(self._map) as view:
            self._header = view[:HEADER_BYTES].cast("q")
            self.cells = view[CELLS_START:].cast("d")
        self.index: dict[Key, int] = {}
        self.used = 0
        self._take_over()

    def _take_over(self) -> None:
        """Go on with what the process before counted; its gauges ended with it."""
        self._header[MAGIC_FIELD] = MAGIC
        self._header[PID_FIELD] = os.getpid()
        self._header[STARTED_FIELD] = started(os.getpid()) or 0
        published = self._header[KEYS_FIELD]
        self._reserve(0, HEADER_BYTES + published)
        for key in decode(self._map[HEADER_BYTES : HEADER_BYTES + published]):
            self.index[key] = self.used
            self.used += key.size
        self._reserve(CELLS_START, self.used * 8)
        for key, base in self.index.items():
            if key.type in GAUGES:
                self.cells[base] = 0.0

    def add(self, key: Key) -> int:
        """The base of `key`, which is published when it is new.

        Raises SlotError when the slot or the disk is full; nothing is changed then.
        """
        if (base := self.index.get(key)) is not None:
            return base
        line, published = key.encode(), self._header[KEYS_FIELD]
        if published + len(line) > KEYS_BYTES or self.used + key.size > CELLS:
            raise SlotError("the recorder's slot is full: lower TACHOGRAPH['MAX_OPERATIONS']")
        self._reserve(0, HEADER_BYTES + published + len(line))
        self._reserve(CELLS_START, (self.used + key.size) * 8)
        start = HEADER_BYTES + published
        self._map[start : start + len(line)] = line
        self._header[KEYS_FIELD] = published + len(line)  # published last: a reader never sees half a key
        base = self.index[key] = self.used
        self.used += key.size
        return base

    def _reserve(self, start: int, size: int) -> None:
        """Take disk for the region before it is written: on a full disk that is an error, later a SIGBUS."""
        if self.fd is None or size <= self._reserved[start]:
            return
        wanted = -(-size // STEP_BYTES) * STEP_BYTES
        try:
            os.posix_fallocate(self.fd, start, min(wanted, FILE_BYTES - start))
        except OSError as error:
            raise SlotError(f"no room for the recorder's figures: {error.strerror}") from error
        self._reserved[start] = wanted

    def abandon(self) -> None:
        """Let go of the file, as a forked child must: close, but never unlock, or its parent's is free.

        The map is closed by hand, for it holds the file open as well, and with it the lock.
        """
        self._header.release()
        self.cells.release()
        self._map.close()
        if self.fd is not None:
            os.close(self.fd)


def file_name(number: int) -> str:
    """The name of a slot's file."""
    return f"slot_{number:03}.cells"


def claim(directory: Path) -> Slot:
    """The lowest free slot of `directory`. Raises SlotError when there is none, or no room for one."""
    for number in range(MAX_SLOTS):
        path = directory / file_name(number)
        try:
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise SlotError(f"{path} cannot be opened: {error.strerror}") from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            continue
        try:
            return Slot(fd, number)
        except (OSError, ValueError, SlotError) as error:
            os.close(fd)
            raise SlotError(f"{path} cannot be used: {error}") from error
    raise SlotError(f"all {MAX_SLOTS} slots of {directory} are taken")
