"""The layout of a slot file: a header, the published keys, the cells.

header   64 bytes of int64: magic, bytes of keys published, process id, when that process began
keys     one JSON line each: [type letter, metric, label values, bounds]; its cells follow the last key's
cells    float64; a counter and a gauge have one, a histogram one per bound, one for +Inf, one for the sum,
         a value of a project's own metric itself and its time
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from sys import intern
from typing import Final

from ..catalog import Metric

MAGIC: Final = int.from_bytes(b"TACHO-01", "little")
HEADER_BYTES: Final = 64
KEYS_BYTES: Final = 1 << 23
CELLS: Final = 1 << 18
CELLS_START: Final = HEADER_BYTES + KEYS_BYTES
FILE_BYTES: Final = CELLS_START + CELLS * 8

# Fields of the header.
MAGIC_FIELD, KEYS_FIELD, PID_FIELD, STARTED_FIELD = range(4)

# Disk is taken in steps of this many bytes; the files are sparse beyond.
STEP_BYTES: Final = 1 << 16

SLOT_PATTERN: Final = "slot_*.cells"


# Type letters of a key: c(ounter), g(auge), h(istogram); and those of a project's own metrics.
USER_COUNTER: Final = "u"
USER_GAUGE: Final = "v"
GAUGES: Final = ("g", USER_GAUGE)


@dataclass(frozen=True, slots=True)
class Key:
    """One series of a slot. `bounds` are empty unless it is a histogram's."""

    type: str
    name: str
    values: tuple[str, ...]
    bounds: tuple[float, ...]

    @property
    def size(self) -> int:
        """How many cells it has."""
        if self.type == "h":
            return len(self.bounds) + 2
        return 2 if self.type in (USER_COUNTER, USER_GAUGE) else 1

    def encode(self) -> bytes:
        """Its line in the file."""
        line = json.dumps([self.type, self.name, self.values, self.bounds], separators=(",", ":"))
        return line.encode() + b"\n"


def key_of(metric: Metric, values: tuple[str, ...]) -> Key:
    """The key of one series of `metric`."""
    return Key(metric.type[0], metric.name, values, metric.bounds)


def decode(keys: bytes) -> list[Key]:
    """The keys of a slot's published bytes."""
    shared: dict[tuple[float, ...], tuple[float, ...]] = {}
    found = []
    for line in keys.splitlines():
        kind, name, values, bounds = json.loads(line)
        # Thousands of keys have a few names, labels and bounds among them: one object for each.
        limits = shared.setdefault(tuple(bounds), tuple(bounds))
        found.append(Key(intern(kind), intern(name), tuple(map(intern, values)), limits))
    return found
