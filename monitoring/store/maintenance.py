"""The writer removes what is not kept, now and then."""

from __future__ import annotations

from time import monotonic
from typing import Final

from .connection import Connection
from .retention import prune

EVERY_S: Final = 600.0
FIRST_S: Final = 60.0
# A round's share: what is left waits for the next one.
MOST_CHUNKS: Final = 20


class Maintenance:
    """When the next round is due."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._due = monotonic() + FIRST_S

    def round(self) -> None:
        """Remove some of what is not kept, if it is time. Raises django.db.Error."""
        if monotonic() < self._due:
            return
        self._due = monotonic() + EVERY_S
        for _ in prune(self._connection, MOST_CHUNKS):
            pass
