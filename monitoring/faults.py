"""A fault inside the recorder never reaches the user: it is caught, counted, and logged once."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from .conf import conf

logger = logging.getLogger("tachograph.recorder")
_seen: set[str] = set()


def caught(fault: Exception, place: str) -> None:
    """Count `fault`, which happened in `place`, and log the first of its kind with its traceback."""
    from . import totals  # noqa: PLC0415  (totals write cells, whose faults come back here)

    if conf().RAISE_FAULTS:
        raise fault
    totals.count_recorder_error()
    kind = f"{place}: {type(fault).__name__}"
    if kind not in _seen and len(_seen) < 100:
        _seen.add(kind)
        logger.error(
            "The recorder failed in %s; further ones are only counted (tacho_recorder_errors_total).",
            kind,
            exc_info=fault,
        )


@contextmanager
def internal(place: str) -> Iterator[None]:
    """Keep what goes wrong in this block away from the user's request."""
    try:
        yield
    except Exception as fault:  # noqa: BLE001  (that is what this is for)
        caught(fault, place)
