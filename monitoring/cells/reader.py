"""The sum of all slots. Keys are parsed once for each slot, and again only when it published more."""

from __future__ import annotations

import fcntl
import os
from array import array
from dataclasses import dataclass, replace
from operator import add
from pathlib import Path

from ..errors import TachographError
from . import process
from .directory import directory
from .layout import (
    CELLS_START,
    GAUGES,
    HEADER_BYTES,
    KEYS_FIELD,
    MAGIC,
    MAGIC_FIELD,
    PID_FIELD,
    SLOT_PATTERN,
    STARTED_FIELD,
    USER_GAUGE,
    Key,
    decode,
)


@dataclass(frozen=True, slots=True)
class Series:
    """One series summed over the slots. `cells` as layout.Key says: bounds, +Inf and sum, or one value."""

    key: Key
    cells: list[float]


@dataclass(slots=True)
class SlotState:
    """A slot as a scrape found it: the process that held it last, and when that began (kernel ticks)."""

    number: int
    pid: int
    started: int
    alive: bool


@dataclass(slots=True)
class _Parsed:
    published: int
    keys: list[Key]
    cells: int


_parsed: dict[str, _Parsed] = {}


def _alive(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(fd, fcntl.LOCK_UN)
    return False


def _keys(path: str, raw: bytes, published: int) -> _Parsed:
    known = _parsed.get(path)
    if known is None or known.published != published:
        keys = decode(raw)
        known = _parsed[path] = _Parsed(published, keys, sum(key.size for key in keys))
    return known


def _add(
    totals: dict[Key, list[float]], keys: list[Key], cells: array[float], *, pid: int, alive: bool
) -> None:
    base = 0
    for key in keys:
        end = base + key.size
        if alive or key.type not in GAUGES:
            if key.type == USER_GAUGE:  # how processes add up is its own affair, and told by its mode
                key = replace(key, values=(*key.values, "pid", str(pid)))  # noqa: PLW2901
            found = totals.get(key)
            part = cells[base:end]
            totals[key] = list(part) if found is None else list(map(add, found, part))
        base = end


def _read_file(path: Path, totals: dict[Key, list[float]]) -> SlotState | None:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        header = array("q")
        header.frombytes(os.pread(fd, HEADER_BYTES, 0).ljust(HEADER_BYTES, b"\0"))
        if header[MAGIC_FIELD] != MAGIC:
            return None  # claimed this moment, or not ours
        published = header[KEYS_FIELD]
        known = _parsed.get(str(path))
        fresh = known is None or known.published != published
        raw = os.pread(fd, published, HEADER_BYTES) if fresh else b""
        parsed = _keys(str(path), raw, published)
        cells = array("d")
        cells.frombytes(os.pread(fd, parsed.cells * 8, CELLS_START))
        mine = process.is_mine(path)
        alive = mine or _alive(fd)
    finally:
        os.close(fd)
    _add(totals, parsed.keys, cells, pid=header[PID_FIELD], alive=alive)
    return SlotState(int(path.stem.removeprefix("slot_")), header[PID_FIELD], header[STARTED_FIELD], alive)


def read() -> tuple[list[Series], list[SlotState]]:
    """Every series of this project's processes, living and gone, and the slots they are in."""
    totals: dict[Key, list[float]] = {}
    own = process.slot()
    if own.fd is None:
        _add(totals, list(own.index), array("d", own.cells[: own.used]), pid=os.getpid(), alive=True)
    try:
        paths = sorted(directory().glob(SLOT_PATTERN))
    except TachographError:
        paths = []  # said when this process claimed no slot
    slots = [state for path in paths if (state := _read_file(path, totals)) is not None]
    return [Series(key, cells) for key, cells in totals.items()], slots
