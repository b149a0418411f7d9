"""Exceptions that no view or middleware handled: noted on the request that they broke."""

from __future__ import annotations

import sys
from typing import Any

from django.core.signals import got_request_exception

from ..record import current


def _note(**_: Any) -> None:
    running = current()
    error = sys.exc_info()[0]
    while running is not None and running.kind != "request":
        running = running.parent
    if running is not None and error is not None:
        running.exception = error.__name__


def install() -> None:
    """Watch Django's signal."""
    got_request_exception.connect(_note, dispatch_uid="tachograph", weak=False)
