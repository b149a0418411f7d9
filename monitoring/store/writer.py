"""One process of each folder writes what the cells of all of them counted: operations and caches.

The others stand by, and the next takes over when it is gone. Figures of a process that was killed are in the
cells, and so in the tables.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from ..cells import process
from ..cells.directory import directory
from ..cells.reader import read
from ..conf import conf
from .batch import Batch
from .cumulative import Cumulative, cumulative
from .locks import FileLock
from .state import State, load

# While the database is down a batch is noted for each minute; later figures then come with the last one.
MAX_PENDING: Final = 60
MINUTE_S: Final = 60
LEAVING_S: Final = 3.0

Send = Callable[[Batch], None]


class Writer:
    """This process' part in it. `send(batch)` writes one, or raises."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._elected = FileLock("store.writer")
        self._turn = FileLock("store.turn")

    @property
    def holds_office(self) -> bool:
        """Whether this process is its folder's writer now."""
        return self._elected.is_held

    def is_elected(self) -> bool:
        """Whether this process is its folder's writer, or becomes it. One that shares no cells never is."""
        return process.slot().fd is not None and self._elected.take(directory())

    def round(self, now: float) -> None:
        """Write what is new, if this process is the writer. Raises what `send` raises, and OSError."""
        if self.is_elected():
            self._take_turn(now, within_s=0.0)

    def leave(self, now: float) -> None:
        """Write what is new a last time, and give up the office.

        A holder that stays will write it at its next turn; one that leaves as well has given up the office
        before its own last turn, so that one of the two sees all.
        """
        if not self.is_elected():
            return
        self._elected.release()
        self._take_turn(now, within_s=LEAVING_S)

    def forget(self) -> None:
        """After a fork: the locks are the parent's."""
        self._elected.release()
        self._turn.release()

    def _take_turn(self, now: float, *, within_s: float) -> None:
        folder = directory()
        if not self._turn.take(folder, within_s=within_s):
            return
        try:
            self._write(folder, now)
        finally:
            self._turn.release()

    def _write(self, folder: Path, now: float) -> None:
        state = load(folder)
        if state is None:
            State(_read()).save(folder)
            return
        try:
            self._send_pending(folder, state)
        except Exception:
            if _is_due(state, now):
                _note(folder, state, now)
            raise
        _note(folder, state, now)
        self._send_pending(folder, state)

    def _send_pending(self, folder: Path, state: State) -> None:
        while state.pending:
            self._send(state.pending[0])
            del state.pending[0]
            state.save(folder)


def _read() -> Cumulative:
    series, _ = read()
    return cumulative(series)


def _is_due(state: State, now: float) -> bool:
    """Whether what cannot be sent is to be noted: once for each minute, so that each keeps its own."""
    last = state.pending[-1].at
    return len(state.pending) < MAX_PENDING and now // MINUTE_S > last // MINUTE_S


def _note(folder: Path, state: State, now: float) -> None:
    """Note what the cells have counted since the last time as a batch of its own."""
    counted = _read()
    new = counted.since(state.counted)
    if not (new.operations or new.caches):
        return
    # Half of what came since the last round is from before this time, and half from after.
    at = now - conf().STORE_INTERVAL / 2
    batch = Batch(at, operations=new.operation_rows(), caches=new.cache_rows())
    State(counted, [*state.pending, batch]).save(folder)
    state.counted, state.pending = counted, [*state.pending, batch]
