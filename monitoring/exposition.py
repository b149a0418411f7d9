"""/metrics: the cells of all processes, as Prometheus reads them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from . import catalog
from .budgets import Budget, budgets
from .cells.identity import started
from .cells.reader import Series, SlotState, read
from .projections import django_prometheus, histograms, users
from .saturation.collector import SaturationCollector

PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")


class CellsCollector(Collector):
    """All that the project's processes hold in cells, read once a scrape: figures under two names agree."""

    def describe(self) -> Iterable[Metric]:
        """Nothing: names are known at the scrape."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """The recorder's families, then those under django-prometheus' names, then the project's own."""
        series, slots = read()
        by_name: dict[str, list[Series]] = {}
        for one in series:
            by_name.setdefault(one.key.name, []).append(one)
        for metric in catalog.metrics():
            yield _family(metric, by_name.get(metric.name, []))
        yield _limits(by_name.get(catalog.OPERATIONS.name, []))
        yield from _slot_families(slots)
        yield from django_prometheus.families(by_name)
        yield from users.families(series)


def _family(metric: catalog.Metric, series: list[Series]) -> Metric:
    if metric.type == "histogram":
        labelled = ((one.key.values, one) for one in series)
        return histograms.family(metric.name, metric.help, metric.labels, metric.bounds, labelled)
    summed: dict[tuple[str, ...], float] = {}
    for one in series:
        summed[one.key.values] = summed.get(one.key.values, 0.0) + one.cells[0]
    kind = CounterMetricFamily if metric.type == "counter" else GaugeMetricFamily
    family = kind(metric.name, metric.help, labels=metric.labels)
    if not metric.labels:
        summed = summed or {(): 0.0}
    for values, value in summed.items():
        family.add_metric(values, value)
    return family


# What each budget's limit is, in the unit of the metric that it is held against (seconds, a number, a rate).
_LIMITS: Final[dict[str, Callable[[Budget], float | None]]] = {
    "latency": lambda budget: None if budget.latency_p95_ms is None else budget.latency_p95_ms / 1e3,
    "errors": lambda budget: budget.errors_max_rate,
    "queries": lambda budget: budget.queries_max,
    "duplicates": lambda budget: budget.duplicates_max,
    "nplusone": lambda budget: budget.nplusone_max,
    "slow_queries": lambda budget: budget.slow_queries_max,
    "cache": lambda budget: budget.cache_min_hit_rate,
}


def _gauge(metric: catalog.Metric) -> GaugeMetricFamily:
    return GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)


def _limits(operations: list[Series]) -> Metric:
    family = _gauge(catalog.BUDGET_LIMIT)
    for labels in {one.key.values[:3] for one in operations}:
        budget: Budget = budgets().resolve(labels[1], labels[2])
        for name, limit_of in _LIMITS.items():
            if (limit := limit_of(budget)) is not None:
                family.add_metric((*labels, name), limit)
    return family


def _slot_families(slots: list[SlotState]) -> Iterator[Metric]:
    family = _gauge(catalog.SLOTS)
    for state, alive in (("used", True), ("free", False)):
        family.add_metric((state,), sum(slot.alive is alive for slot in slots))
    yield family
    memory = _gauge(catalog.RESIDENT_BYTES)
    for slot in slots:
        # In another container the id may be another process'.
        is_seen = slot.alive and started(slot.pid) == slot.started
        if is_seen and (resident := _resident_bytes(slot.pid)) is not None:
            memory.add_metric((str(slot.number),), resident)
    yield memory


def _resident_bytes(pid: int) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES
    except (OSError, IndexError, ValueError):
        return None  # gone meanwhile, in another container, or not on Linux


registry = CollectorRegistry(auto_describe=False)
registry.register(CellsCollector())
registry.register(SaturationCollector())
