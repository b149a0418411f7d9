"""Locks between the processes of one folder: freed by the kernel however their holder dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from time import monotonic, sleep
from typing import Final

POLL_S: Final = 0.02


class FileLock:
    """`flock` on a file of the folder. Held by one process; never handed down to a child."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._fd: int | None = None

    @property
    def is_held(self) -> bool:
        """Whether this process holds it."""
        return self._fd is not None

    def take(self, folder: Path, *, within_s: float = 0.0) -> bool:
        """Whether it is ours now; waited for for `within_s`. Raises OSError where the file cannot be made."""
        if self._fd is not None:
            return True
        fd = os.open(folder / self._name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        deadline = monotonic() + within_s
        while not _locked(fd):
            if monotonic() >= deadline:
                os.close(fd)
                return False
            sleep(POLL_S)  # flock knows no time limit
        self._fd = fd
        return True

    def release(self) -> None:
        """Let others have it. In a forked child the parent's stays: closing does not unlock."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def _locked(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
