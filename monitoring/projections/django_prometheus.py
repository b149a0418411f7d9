"""django-prometheus' names, from the recorder's own cells: its users' dashboards go on working.

Source of names, labels and bounds: django-prometheus 2.5. Where its middleware or backends are installed
they count themselves, and the families here are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from django.conf import settings
from django.db import connections
from prometheus_client.core import CounterMetricFamily, Metric

from .. import catalog
from ..cells.reader import Series
from . import histograms

PACKAGE: Final = "django_prometheus."
OTHER_METHOD: Final = "<invalid method>"
UNNAMED: Final = "<unnamed view>"
LOOKUPS: Final = ("get", "get_many", "get_or_set")

Key = tuple[str, ...]


def counts_http() -> bool:
    """Whether django-prometheus' middleware is installed."""
    return any(name.startswith(PACKAGE) for name in settings.MIDDLEWARE)


def counts_databases() -> bool:
    """Whether one of its database backends is."""
    return any(str(one.get("ENGINE")).startswith(PACKAGE) for one in settings.DATABASES.values())


def counts_caches() -> bool:
    """Whether one of its cache backends is."""
    return any(str(one.get("BACKEND")).startswith(PACKAGE) for one in settings.CACHES.values())


def families(by_name: Mapping[str, list[Series]]) -> Iterator[Metric]:
    """The families of the parts that django-prometheus does not count itself, from series by name."""
    if not counts_http():
        yield from _http(by_name)
    if not counts_databases():
        yield from _databases(by_name)
    if not counts_caches():
        yield from _caches(by_name)


def _counter(name: str, help_text: str, labels: Key, values: Iterable[tuple[Key, float]]) -> Metric:
    family = CounterMetricFamily(name, help_text, labels=labels)
    summed: dict[Key, float] = {}
    for key, value in values:
        summed[key] = summed.get(key, 0.0) + value
    for key, value in summed.items():
        family.add_metric(key, value)
    return family


def _histogram(name: str, help_text: str, labels: Key, values: Iterable[tuple[Key, Series]]) -> Metric:
    return histograms.family(name, help_text, labels, catalog.DJANGO_PROMETHEUS_BOUNDS, values)


def _method(operation: str) -> str:
    method = operation.partition(" ")[0]
    return OTHER_METHOD if method == "_OTHER" else method


def _requests(series: list[Series]) -> list[Series]:
    return [one for one in series if one.key.values[0] == "request"]


def _http(by_name: Mapping[str, list[Series]]) -> Iterator[Metric]:
    seen = by_name.get(catalog.REQUEST_VIEWS.name, [])
    view_of = {one.key.values[:2]: one.key.values[2] for one in seen}

    def labels(one: Series) -> Key:
        _, operation, operation_class = one.key.values[:3]
        return view_of.get((operation, operation_class), UNNAMED), _method(operation)

    durations = _requests(by_name.get(catalog.operation_duration().name, []))
    statuses = _requests(by_name.get(catalog.OPERATIONS.name, []))
    yield _histogram(
        "django_http_requests_latency_seconds_by_view_method", "Request time by view and method.",
        ("view", "method"), ((labels(one), one) for one in durations),
    )  # fmt: skip
    yield _counter(
        "django_http_responses_total_by_status_view_method", "Responses by status, view and method.",
        ("status", "view", "method"), (((one.key.values[3], *labels(one)), one.cells[0]) for one in statuses),
    )  # fmt: skip
    yield _counter(
        "django_http_responses_total_by_status", "Responses by status.",
        ("status",), (((one.key.values[3],), one.cells[0]) for one in statuses),
    )  # fmt: skip
    yield _counter(
        "django_http_requests_total_by_view_transport_method", "Requests by view, transport and method.",
        ("view", "transport", "method"),
        (((one.key.values[2], one.key.values[3], _method(one.key.values[0])), one.cells[0]) for one in seen),
    )  # fmt: skip
    yield _counter(
        "django_http_requests_total_by_method", "Requests by method.",
        ("method",), (((_method(one.key.values[0]),), one.cells[0]) for one in seen),
    )  # fmt: skip
    raised = by_name.get(catalog.REQUEST_EXCEPTIONS.name, [])
    for label, place in (("view", 0), ("type", 1)):
        yield _counter(
            f"django_http_exceptions_total_by_{label}", f"Unhandled exceptions by {label}.",
            (label,), (((one.key.values[place],), one.cells[0]) for one in raised),
        )  # fmt: skip


def _vendor(alias: str) -> str:
    return connections[alias].vendor if alias in connections.settings else "unknown"


def _databases(by_name: Mapping[str, list[Series]]) -> Iterator[Metric]:
    durations = by_name.get(catalog.QUERY_DURATION.name, [])
    plumbing = by_name.get(catalog.DB_PLUMBING.name, [])
    executed = [(one, sum(one.cells[:-1])) for one in durations] + [(one, one.cells[0]) for one in plumbing]
    labels = ("alias", "vendor")
    yield _counter(
        "django_db_execute", "Executed statements, executemany as one.",
        labels, (((one.key.values[0], _vendor(one.key.values[0])), number) for one, number in executed),
    )  # fmt: skip
    yield _histogram(
        "django_db_query_duration_seconds", "Query duration.",
        labels, (((one.key.values[0], _vendor(one.key.values[0])), one) for one in durations),
    )  # fmt: skip
    yield _counter(
        "django_db_errors", "Execution errors by exception type.", (*labels, "type"),
        (
            ((one.key.values[0], _vendor(one.key.values[0]), one.key.values[1]), one.cells[0])
            for one in by_name.get(catalog.DB_ERRORS.name, [])
        ),
    )  # fmt: skip
    yield _counter(
        "django_db_new_connections", "Connections opened.", labels,
        (
            ((one.key.values[0], _vendor(one.key.values[0])), one.cells[0])
            for one in by_name.get(catalog.DB_NEW_CONNECTIONS.name, [])
        ),
    )  # fmt: skip


def _backend(alias: str) -> str:
    """django-prometheus labels a cache by its kind: `redis`, `locmem`, ..."""
    path = str(settings.CACHES.get(alias, {}).get("BACKEND", "unknown"))
    kind = path.rpartition(".")[2].lower()
    return next((known for known in ("redis", "locmem", "memcached", "filebased") if known[:5] in kind), kind)


def _caches(by_name: Mapping[str, list[Series]]) -> Iterator[Metric]:
    lookups = [one for one in by_name.get(catalog.CACHE_CALLS.name, []) if one.key.values[1] in LOOKUPS]
    for name, results in (
        ("django_cache_get", ("hit", "miss")),
        ("django_cache_get_hits", ("hit",)),
        ("django_cache_get_misses", ("miss",)),
        ("django_cache_get_fail", ("error",)),
    ):
        yield _counter(
            name, "Cache look-ups.", ("backend",),
            (
                ((_backend(one.key.values[0]),), one.cells[0])
                for one in lookups
                if one.key.values[2] in results
            ),
        )  # fmt: skip
