"""The ids of a request: its own, and the trace it belongs to."""

from __future__ import annotations

import os
import random
import re
import time
from itertools import count
from typing import Any, Final

_SANE: Final = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")
_TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?\Z")
# A proxy's clock may be off; a wait beyond this says so rather than anything else.
MAX_QUEUE_S: Final = 600.0


# An id is the process' random half and a number: to draw each anew would cost more than to count.
_process = ""
_numbers = count()


def _begin_process() -> None:
    global _process, _numbers
    _process, _numbers = f"{random.getrandbits(64):016x}", count(random.getrandbits(48))


_begin_process()
os.register_at_fork(after_in_child=_begin_process)


def request_id(meta: dict[str, Any]) -> str:
    """X-Request-ID when it is up to 64 of [A-Za-z0-9._-], else a new one of 32 hex digits."""
    given = meta.get("HTTP_X_REQUEST_ID")
    if given is not None and _SANE.match(given):
        return str(given)
    return f"{_process}{next(_numbers):016x}"


def trace_id(meta: dict[str, Any]) -> str:
    """The trace id of a W3C `traceparent`, or nothing."""
    given = meta.get("HTTP_TRACEPARENT")
    if given is None:
        return ""
    match = _TRACEPARENT.match(given)
    return match[1] if match and match[1].strip("0") else ""


def queue_seconds(meta: dict[str, Any]) -> float | None:
    """How long the request waited, from X-Request-Start: `t=<epoch seconds>` or epoch milliseconds.

    None without the header, or where it says nothing sensible.
    """
    given = meta.get("HTTP_X_REQUEST_START")
    if given is None:
        return None
    try:
        began = float(given[2:]) if given.startswith("t=") else float(given) / 1_000
    except ValueError:
        return None
    waited = time.time() - began
    return max(waited, 0.0) if -1.0 < waited < MAX_QUEUE_S else None
