"""A project's own prometheus_client metrics, summed over its processes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.gc_collector import GCCollector
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from ..cells.layout import USER_COUNTER, USER_GAUGE
from ..cells.reader import Series

# They speak of the one process that answers the scrape, and would change from scrape to scrape.
OF_ONE_PROCESS = (GCCollector, PlatformCollector, ProcessCollector)


def has_own_multiprocess() -> bool:
    """Whether the project shares its metrics by prometheus_client's own means."""
    return "PROMETHEUS_MULTIPROC_DIR" in os.environ


def families(series: Iterable[Series]) -> Iterator[Metric]:
    """Counters, gauges, histograms and summaries from the cells; a project's own collectors as they are.

    Gauges count living processes; without a `multiprocess_mode` they carry the label `pid`.
    """
    if has_own_multiprocess():
        yield from MultiProcessCollector(CollectorRegistry()).collect()  # type: ignore[no-untyped-call]
    else:
        yield from _merged(one for one in series if one.key.type in (USER_COUNTER, USER_GAUGE))
    for collector in _collectors():
        yield from collector.collect()


def _merged(series: Iterable[Series]) -> Iterable[Metric]:
    metrics: dict[str, Metric] = {}
    for one in series:
        typ, sample, mode, help_text, *labels = one.key.values
        metric = metrics.get(one.key.name)
        if metric is None:
            metric = metrics[one.key.name] = Metric(one.key.name, help_text, typ)
            metric._multiprocess_mode = mode or "all"  # type: ignore[attr-defined]  # noqa: SLF001
        pairs = tuple(zip(labels[::2], labels[1::2], strict=True))
        timestamp = one.cells[1] if one.key.type == USER_GAUGE else None
        metric.add_sample(sample, pairs, one.cells[0], timestamp)  # type: ignore[arg-type]
    # prometheus_client's own rules for each type and mode; it keeps labels as pairs until here.
    return MultiProcessCollector._accumulate_metrics(metrics, accumulate=True)  # type: ignore[no-any-return, no-untyped-call]  # noqa: SLF001


def _collectors() -> list[Collector]:
    """Collectors that compute their figures at the scrape, apart from those of one process."""
    known = REGISTRY._collector_to_names  # noqa: SLF001  (it has no public list)
    return [one for one in known if not isinstance(one, (MetricWrapperBase, *OF_ONE_PROCESS))]
