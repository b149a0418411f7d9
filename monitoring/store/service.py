"""The store at work in one process: takes in what ended, and writes it every few seconds from a thread.

A request pays for an append to a queue. Nothing waits for the database, and nothing fails by it.
"""

from __future__ import annotations

import threading
from collections import deque
from time import monotonic, perf_counter, sleep, time
from typing import Final

from django.core import mail

from .. import faults
from ..conf import conf
from ..record import Operation
from . import counts
from .aggregate import MINUTE_S, Aggregate
from .batch import Batch
from .connection import is_possible
from .ending import hold_sigterm
from .maintenance import Maintenance
from .sender import Sender
from .traced import Traced
from .writer import Writer

TICK_S: Final = 0.5
MOST_BACKOFF_S: Final = 30.0
# For the last flush of a process, after the one that it may be in.
LEAVING_S: Final = 10.0
# Operations that wait for the thread. Past the first number whoever ends one takes in two; past the second
# the runs of its queries are dropped.
MANY: Final = 2_000
TOO_MANY: Final = 10_000
# Taken in under one hold of the lock.
SOME: Final = 20


class Service:
    """The store of this process. `note` is called for each operation that ended, in its thread."""

    def __init__(self) -> None:
        self._ended: deque[tuple[Operation, bool]] = deque()
        self._lock = threading.Lock()
        self._aggregate = Aggregate()
        self._traced = Traced()
        self._sender = Sender()
        self._writer = Writer(self._sender.send)
        self._maintenance = Maintenance(self._sender.connection)
        self._sending: Batch | None = None
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        # Not the thread's join(), which an exception out of a signal's handler makes believe that it is over.
        self._left = threading.Event()
        self._due = 0.0

    def note(self, operation: Operation) -> None:
        """Take in a finished operation: at once where many wait, else when the thread comes to it."""
        if operation.is_own or (self._thread is None and not self._start()):
            return
        parent = operation.parent
        waiting = len(self._ended)
        if waiting >= TOO_MANY:
            counts.dropped("queries", operation.queries)
            return
        self._ended.append((operation, parent is not None and not parent.finished))
        if waiting >= MANY:
            self._take_in(2)

    def _start(self) -> bool:
        """Whether the thread runs. Not while Django's tests do: they make and drop databases."""
        if self._stopping.is_set() or hasattr(mail, "outbox") or not is_possible():
            return False
        with self._lock:
            if self._thread is None:
                self._due = monotonic() + conf().STORE_INTERVAL
                thread = threading.Thread(target=self._run, name="tachograph-store", daemon=True)
                thread.start()
                self._thread = thread
                hold_sigterm()
        return True

    def _run(self) -> None:
        while not self._stopping.wait(min(TICK_S, conf().STORE_INTERVAL)):
            self._tick()
        # Here, and not where the process ends: a signal's handler may end what the main thread does.
        try:
            with faults.internal("store"):
                self.take_in()
                self.flush(leaving=True)
        finally:
            self._left.set()

    def _tick(self) -> None:
        with faults.internal("store"):
            self.take_in()
            if monotonic() >= self._due:
                self.flush()

    def take_in(self) -> None:
        """Take in all operations that wait, a few at a time: requests want the interpreter as well."""
        while self._ended:
            self._take_in(SOME)
            sleep(0)

    def _take_in(self, most: int) -> None:
        # Not waited for: a finaliser may end an operation in the midst of this very block.
        if not self._lock.acquire(blocking=False):
            return
        try:
            for _ in range(min(most, len(self._ended))):
                operation, nested = self._ended.popleft()
                with faults.internal("store"):
                    self._aggregate.add(operation, nested=nested)
                    self._traced.note(operation)
        finally:
            self._lock.release()

    def flush(self, *, leaving: bool = False) -> None:
        """Write what was taken in, and what the cells have new. What cannot be written waits for the next."""
        began = perf_counter()
        turn = self._writer.leave if leaving else self._writer.round
        works = [self._send_minutes, lambda: turn(time())]
        if self._writer.holds_office and not leaving:
            works.append(self._maintenance.round)
        if self._sender.attempt(*works, leaving=leaving):
            counts.flushed(perf_counter() - began)
        counts.waiting(self._aggregate.rows)
        wait = conf().STORE_INTERVAL * 2 ** min(self._sender.failures, 10)
        self._due = monotonic() + (min(wait, max(MOST_BACKOFF_S, conf().STORE_INTERVAL)))

    def _send_minutes(self) -> None:
        while (batch := self._sending or self._next()) is not None:
            self._sending = batch
            self._sender.send_or_drop(batch)
            self._sending = None

    def _next(self) -> Batch | None:
        """The oldest minute's rows, with the new traces if it is the last one."""
        with self._lock:
            for what, number in self._aggregate.dropped.items():
                counts.dropped(what, number)
            self._aggregate.dropped.clear()
            if not self._aggregate.minutes:
                return None
            at = min(self._aggregate.minutes)
            batch = self._aggregate.minutes.pop(at).batch(at)
            if not self._aggregate.minutes:
                batch.traces = self._traced.take(int(time() // MINUTE_S))
        return batch

    def stop(self) -> None:
        """Write what there is, and end. What cannot be written now is dropped, and counted."""
        if self._thread is None or self._stopping.is_set():
            return
        interruption = self._leave()
        self._count_lost()
        self._sender.connection.close()
        if interruption is not None:
            raise interruption

    def _leave(self) -> BaseException | None:
        """Let the thread write what there is. What a signal's handler raises meanwhile is for afterwards."""
        until = monotonic() + LEAVING_S
        interruption = None
        while True:
            try:
                self._stopping.set()
                self._left.wait(max(0.0, until - monotonic()))
            except BaseException as error:  # noqa: BLE001  (SystemExit of a server that is told to hurry)
                interruption = error
            else:
                return interruption

    def _count_lost(self) -> None:
        lost = sum(operation.queries for operation, _ in list(self._ended))
        lost += sum(minute.runs for minute in list(self._aggregate.minutes.values()))
        if self._sending is not None:
            lost += sum(row["runs"] for row in self._sending.queries)
        counts.dropped("queries", lost)
        counts.waiting(0)

    def forget(self) -> None:
        """After a fork: thread, locks and connection are the parent's."""
        self._writer.forget()
