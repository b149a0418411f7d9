"""Which names get series of their own: the first MAX_OPERATIONS of each kind, the same in every process."""

from __future__ import annotations

import fcntl
import os
from typing import Final

from .cells import process
from .cells.directory import directory
from .conf import conf
from .errors import TachographError

OTHER: Final = "_other"
FILE_NAME: Final = "names"
# What a line holds beside the kind and the name may not be in either.
_SEPARATOR: Final = "\t"

_names: dict[str, set[str]] = {}
_generation = -1


def admitted(kind: str, name: str) -> str:
    """`name`, or `_other` where its kind has as many names as it may have. Not to be called under a lock."""
    global _generation  # noqa: PLW0603
    if _generation != process.generation:
        _names.clear()
        _generation = process.generation
    if name in _names.get(kind, ()) or name == OTHER:
        return name
    if len(_names.get(kind, ())) >= conf().MAX_OPERATIONS:
        return OTHER
    return name if _ask(kind, " ".join(name.split())) == name else OTHER


def _ask(kind: str, name: str) -> str:
    """Ask the list that all processes share; without one, this process' own."""
    try:
        fd = os.open(directory() / FILE_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_APPEND, 0o600)
    except (OSError, TachographError):
        _names.setdefault(kind, set()).add(name)
        return name
    with os.fdopen(fd, "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # freed when the file is closed
        for line in file.read().decode(errors="replace").splitlines():
            of_kind, _, known = line.partition(_SEPARATOR)
            _names.setdefault(of_kind, set()).add(known)
        names = _names.setdefault(kind, set())
        if name not in names and len(names) < conf().MAX_OPERATIONS:
            file.write(f"{kind}{_SEPARATOR}{name}\n".encode())
            names.add(name)
    return name if name in names else OTHER
