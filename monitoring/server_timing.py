"""`Server-Timing`: what a response cost, in the browser's own tools, for staff only."""

from __future__ import annotations

from time import perf_counter_ns
from typing import Final

from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import empty

from .analysis import hit_rate
from .record import Operation

HEADER: Final = "Server-Timing"


def is_staff(request: HttpRequest) -> bool:
    """Whether the user is known to be staff. A session that nobody has looked up stays so."""
    user = request.__dict__.get("user")
    if getattr(user, "_wrapped", None) is empty:
        return False
    return bool(getattr(user, "is_active", False) and getattr(user, "is_staff", False))


def add(operation: Operation, request: HttpRequest, response: HttpResponseBase) -> None:
    """Add the header for staff; a project's own entries stay."""
    if not is_staff(request):
        return
    total = perf_counter_ns() - operation.start_ns
    entries = [
        f"total;dur={total / 1e6:.1f}",
        f'db;dur={operation.db_ns / 1e6:.1f};desc="{operation.queries} queries"',
    ]
    rate = hit_rate(operation)
    if operation.cache_ns:
        said = "" if rate is None else f';desc="{rate:.0%} hits"'
        entries.append(f"cache;dur={operation.cache_ns / 1e6:.1f}{said}")
    if operation.cpu_ns > 0:
        entries.append(f"cpu;dur={operation.cpu_ns / 1e6:.1f}")
    given = [response.headers[HEADER]] if HEADER in response.headers else []
    response.headers[HEADER] = ", ".join([*given, *entries])
