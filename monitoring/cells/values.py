"""The values of a project's own prometheus_client metrics, in the slot instead of in the process.

So they are whole under many processes and survive recycling, as the recorder's own do.
"""

from __future__ import annotations

from typing import Any

from ..errors import TachographError
from . import process
from .layout import USER_COUNTER, USER_GAUGE, Key


class SlotValue:
    """Stands in for `prometheus_client.values.ValueClass`. Where the slot has no room it counts by itself."""

    # Told to prometheus_client, which refuses nothing then: an Info or Enum stays usable, in its process.
    _multiprocess = False

    def __init__(  # noqa: PLR0917  (prometheus_client calls it so)
        self, typ: str, metric_name: str, name: str, labelnames: Any, labelvalues: Any, help_text: str,
        multiprocess_mode: str = "", **_: Any,
    ) -> None:  # fmt: skip
        kind = USER_GAUGE if typ == "gauge" else USER_COUNTER
        labels = [part for pair in zip(labelnames, labelvalues, strict=True) for part in pair]
        self._key = Key(kind, metric_name, (typ, name, multiprocess_mode, help_text, *labels), ())
        self._generation = -1
        self._cells: Any = None
        self._base = 0

    def _locate(self) -> None:
        if self._generation == process.generation and self._cells is not None:
            return
        slot = process.slot()
        try:
            self._base, self._cells = slot.add(self._key), slot.cells
        except TachographError:
            self._base, self._cells = 0, self._cells if isinstance(self._cells, list) else [0.0, 0.0]
        self._generation = process.generation

    def inc(self, amount: float) -> None:
        """Add `amount`."""
        with process.lock:
            self._locate()
            self._cells[self._base] += amount

    def set(self, value: float, timestamp: float | None = None) -> None:
        """Set the value; `timestamp` (epoch seconds) serves the mode `mostrecent`."""
        with process.lock:
            self._locate()
            self._cells[self._base] = value
            self._cells[self._base + 1] = timestamp or 0.0

    def get(self) -> float:
        """This process' slot's value."""
        with process.lock:
            self._locate()
            return float(self._cells[self._base])

    def set_exemplar(self, exemplar: Any) -> None:
        """Exemplars are not kept."""

    def get_exemplar(self) -> None:
        """Exemplars are not kept."""
        return
