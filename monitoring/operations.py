"""The life of an operation: begun, current while it runs, finished once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Token, copy_context
from functools import wraps
from inspect import iscoroutinefunction
from time import perf_counter_ns, thread_time_ns
from types import TracebackType
from typing import Any, TypeVar

from . import faults, switch
from .analysis import analyse
from .flush import flush
from .hooks import on_finish
from .logs import log_operation
from .record import UNKNOWN_CPU, Operation, _current, current
from .traces import is_sampled, keep

F = TypeVar("F", bound=Callable[..., Any])


def finish(record: Operation, status: str) -> None:
    """End an operation: analyse it, add it to the one around it, write and tell it. Never raises."""
    if record.finished:
        return
    record.duration_ns = perf_counter_ns() - record.start_ns
    record.status = status
    record.finished = True
    record.task = None
    if record.is_own:
        return
    try:
        analyse(record)
        if record.parent is not None and not record.parent.finished:
            record.parent.merge(record)
        flush(record)
        keep(record)
        on_finish.send(record)
        log_operation(record)
    except Exception as fault:  # noqa: BLE001  (the user's work is done, whatever happened to its record)
        faults.caught(fault, "finish")


class operation:  # noqa: N801  (used as a verb, like contextlib's)
    """Record a block of work: `with operation("coverage.sync_municipality", operation_class="sync"):`.

    Gives the record; also a decorator, of plain and of async functions. The block's figures count in it
    and in every operation around it. Leaving it by an exception is the status `error`, else it is `ok`.
    """

    def __init__(self, name: str, *, kind: str = "block", operation_class: str = "system") -> None:
        self._arguments = name, kind, operation_class
        self._token: Token[Operation | None] | None = None

    def __enter__(self) -> Operation:
        self.record = Operation(*self._arguments, current())
        if switch.refresh():
            with faults.internal("begin"):
                begin(self.record)
            self._token = _current.set(self.record)
        return self.record

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._token is None:
            return
        leave(self._token, self.record.parent)
        _note_cpu(self.record)
        finish(self.record, "ok" if kind is None else "error")

    def _again(self) -> operation:
        name, kind, operation_class = self._arguments
        return operation(name, kind=kind, operation_class=operation_class)

    def __call__(self, function: F) -> F:
        @wraps(function)
        def recorded(*args: Any, **kwargs: Any) -> Any:
            with self._again():
                return function(*args, **kwargs)

        @wraps(function)
        async def recorded_async(*args: Any, **kwargs: Any) -> Any:
            with self._again():
                return await function(*args, **kwargs)

        return recorded_async if iscoroutinefunction(function) else recorded  # type: ignore[return-value]


@contextmanager
def own() -> Iterator[None]:
    """The recorder's own work: `with own():` and no figure shows its queries and cache calls."""
    with operation("tachograph") as record:
        record.is_own = True
        record.steps = None
        yield


def begin(record: Operation) -> None:
    """What every operation has from its beginning: steps, if it is sampled, and the task it runs in."""
    if is_sampled():
        record.steps = []
    if record.task is None and _is_on_event_loop():
        record.task = asyncio.current_task()


def _is_on_event_loop() -> bool:
    return asyncio._get_running_loop() is not None  # noqa: SLF001  (get_running_loop answers by an exception)


def carry(function: F) -> F:
    """`function`, to be run in another thread, where it counts in the operation that is current now.

    `executor.submit(carry(work), ...)`. What runs after the operation ended is unattributed.
    """
    context = copy_context()

    @wraps(function)
    def carried(*args: Any, **kwargs: Any) -> Any:
        return context.copy().run(function, *args, **kwargs)

    return carried  # type: ignore[return-value]


def leave(token: Token[Operation | None], around: Operation | None) -> None:
    """Make the operation around current again, also where the end comes in another context (a generator)."""
    try:
        _current.reset(token)
    except ValueError:
        _current.set(around)


def stop_clock(record: Operation) -> None:
    """Note the thread's CPU time, where the thread served nothing else since the beginning."""
    record.cpu_ns = thread_time_ns() - record.cpu_start


def _note_cpu(record: Operation) -> None:
    """A block on an event loop shares its thread with others: its CPU time is not known."""
    if _is_on_event_loop():
        record.cpu_ns = UNKNOWN_CPU
    else:
        stop_clock(record)
