"""A project's own prometheus_client metrics are kept in the slots, where all processes share them."""

from __future__ import annotations

from prometheus_client import REGISTRY, values
from prometheus_client.metrics import MetricWrapperBase

from ..cells.values import SlotValue
from ..projections.users import has_own_multiprocess


def install() -> None:
    """Share the metrics that exist or will, unless the project shares them by prometheus_client's means."""
    if has_own_multiprocess() or values.ValueClass is SlotValue:
        return
    values.ValueClass = SlotValue
    for metric in list(REGISTRY._collector_to_names):  # noqa: SLF001
        if isinstance(metric, MetricWrapperBase):
            _move(metric)


def _move(metric: MetricWrapperBase) -> None:
    """Metrics made while Django was still loading have counted nothing yet: make their values anew."""
    children = list(getattr(metric, "_metrics", {}).values())
    for one in children or [metric]:
        if one._is_observable():  # noqa: SLF001
            one._metric_init()  # noqa: SLF001
