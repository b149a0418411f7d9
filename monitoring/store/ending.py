"""uvicorn's end: told to stop by SIGTERM, it shuts down and then sends itself the signal again, with nothing
to catch it, so that the process dies without running what was registered for its end.

Blocked in the main thread, that second signal waits until we are done.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from types import FrameType

_is_held = False


def hold_sigterm() -> None:
    """From the first SIGTERM on, hold back further ones to the event loop's own thread.

    Does nothing but on an event loop in the main thread, whose server has a handler of its own.
    """
    if threading.current_thread() is not threading.main_thread() or not _is_on_event_loop():
        return
    serve = signal.getsignal(signal.SIGTERM)
    if not callable(serve):
        return

    def handler(number: int, frame: FrameType | None) -> None:
        global _is_held  # noqa: PLW0603
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        _is_held = True
        serve(number, frame)

    signal.signal(signal.SIGTERM, handler)


def release_sigterm() -> None:
    """Let the one that waits come, which ends the process as the server meant it."""
    if _is_held:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def _is_on_event_loop() -> bool:
    return asyncio._get_running_loop() is not None  # noqa: SLF001  (get_running_loop answers by an exception)
