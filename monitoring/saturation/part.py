"""A server that a scrape reads: in a thread of its own, so that one that hangs holds up nobody for long."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock, Thread
from time import monotonic
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from .. import catalog

logger = logging.getLogger("tachograph.saturation")

MAX_AGE_S: Final = 5.0

Read = Callable[[], list[Metric] | None]


def family(metric: catalog.Metric, values: Mapping[tuple[str, ...], float]) -> Metric:
    """The family of a counter or gauge of the catalog; `values` by label values."""
    kind = CounterMetricFamily if metric.type == "counter" else GaugeMetricFamily
    found = kind(metric.name, metric.help, labels=metric.labels)
    for labels, value in values.items():
        found.add_metric(labels, value)
    return found


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reading of a part gave; a part that is down gave no family."""

    up: bool = False
    families: list[Metric] = field(default_factory=list)


DOWN: Final = Reading()


class Part:
    """A server and how it is read: `read` gives families, or None where the project has no such part.

    Whatever `read` raises says that the part is down.
    """

    def __init__(self, name: str, read: Read) -> None:
        self.name = name
        self._read = read
        self._lock = Lock()
        self.forget()

    def forget(self) -> None:
        """Read anew at the next scrape."""
        self._due = 0.0
        self._thread: Thread | None = None
        self._reading: Reading | None = DOWN
        self._said_down = False

    def begin(self) -> None:
        """Start to read, unless a reading is under way or younger than MAX_AGE_S, be it of a failure.

        Raises RuntimeError when the process can have no more threads.
        """
        with self._lock:
            if monotonic() < self._due or (self._thread is not None and self._thread.is_alive()):
                return
            self._reading = DOWN
            thread = Thread(target=self._run, name=f"tachograph-{self.name}", daemon=True)
            thread.start()
            self._thread, self._due = thread, monotonic() + MAX_AGE_S

    def reading(self, deadline: float) -> Reading | None:
        """What was read, waited for until `deadline` (monotonic); None where there is no such part."""
        if self._thread is not None:
            self._thread.join(max(deadline - monotonic(), 0.0))
        return self._reading

    def _run(self) -> None:
        try:
            families = self._read()
        except Exception as error:  # noqa: BLE001  (whatever is wrong with it, the part is down)
            self._say_down(error)
            return
        self._said_down = False
        self._reading = None if families is None else Reading(True, families)

    def _say_down(self, error: Exception) -> None:
        """In the log, once until it is back: the text may hold addresses and user names."""
        if not self._said_down:
            logger.warning("%s cannot be read for /metrics: %s", self.name, error)
        self._said_down = True
