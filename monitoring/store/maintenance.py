"""What the writer does now and then: it removes what is not kept, and does the rounds of other parts."""

from __future__ import annotations

from time import monotonic
from typing import Final

from django.db import Error
from django.utils.module_loading import import_string

from .. import faults, operations
from .connection import Connection
from .retention import prune

EVERY_S: Final = 600.0
FIRST_S: Final = 60.0
# A round's share: what is left waits for the next one.
MOST_CHUNKS: Final = 20

_rounds: dict[str, float] = {}


def register(work: str, *, every_s: float) -> None:
    """Have the writer of each folder call `work` so often, as the recorder's own: it stands in no figure.

    `work` is a dotted path: other processes need not import it. What it raises is counted as the recorder's
    fault, but for django.db.Error: then the database is down. It must take seconds at the most: figures wait.
    """
    _rounds[work] = every_s


def _do(work: str) -> None:
    try:
        with operations.own():
            import_string(work)()
    except Error:  # the database is down: a state, which the sender tells, and no fault of ours
        raise
    except Exception as fault:  # noqa: BLE001  (the writer goes on with what else it has to do)
        faults.caught(fault, "store")


class Maintenance:
    """When the next rounds are due."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._due = monotonic() + FIRST_S
        self._dues: dict[str, float] = {}

    def round(self) -> None:
        """Do what it is time for: of what is not kept some is removed. Raises django.db.Error."""
        now = monotonic()
        for work, every_s in _rounds.items():
            if now >= self._dues.get(work, 0.0):
                self._dues[work] = now + every_s
                _do(work)
        if now >= self._due:
            self._due = now + EVERY_S
            for _ in prune(self._connection, MOST_CHUNKS):
                pass
