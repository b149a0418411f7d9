"""What the servers say of themselves, at the scrape."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from time import monotonic
from typing import Final

from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from .. import catalog, faults, switch
from . import postgresql, redis_server
from .part import Part, family

# For all parts together: they are read at the same time.
WAIT_S: Final = 2.0


def _read_queues() -> list[Metric] | None:
    if sys.modules.get("celery") is None:
        return None
    from . import queues  # noqa: PLC0415  (nothing is imported that the project has not)

    return queues.read()


PARTS: Final = (
    Part("postgresql", postgresql.read),
    Part("redis", redis_server.read),
    Part("celery", _read_queues),
)


class SaturationCollector(Collector):
    """The families of each part that is up, and which parts are."""

    def describe(self) -> Iterable[Metric]:
        """Nothing: names are known at the scrape."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Wait for the parts for WAIT_S at the most. One that is down, or slow, is left out."""
        if not switch.on:
            return
        for part in PARTS:
            with faults.internal("scrape"):
                part.begin()
        deadline = monotonic() + WAIT_S
        up: dict[tuple[str, ...], float] = {}
        for part in PARTS:
            reading = part.reading(deadline)
            if reading is not None:
                up[(part.name,)] = float(reading.up)
                yield from reading.families
        yield family(catalog.SCRAPE_PART_UP, up)
