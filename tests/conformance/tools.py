"""The tools that are held to the cases: how each is installed, and what its public interface shows.

`facts()` gives running totals; a case looks at what was added. A fact that a tool does not have in its
interface is one that it does not claim.
"""

from __future__ import annotations

import json
import logging
import os
import re
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SECRET = "a-name-that-nobody-may-see"
Facts = dict[str, Any]
Settings = dict[str, Any]


class Tool:
    label: str
    distribution: str
    module: str
    # Whether it shows, in one process, what another did.
    across_processes = False
    has_blocks = False

    def installed(self) -> bool:
        return find_spec(self.module) is not None

    def apply(self, settings: Settings) -> None:
        """Lay it over the settings."""

    def ready(self) -> None:
        """What follows django.setup()."""

    def facts(self) -> Facts:
        raise NotImplementedError


class Samples:
    """Prometheus' text, as sums."""

    def __init__(self, text: str) -> None:
        from prometheus_client.parser import text_string_to_metric_families

        self.text = text
        self._samples = [
            sample for family in text_string_to_metric_families(text) for sample in family.samples
        ]

    def by(self, name: str, label: str, **only: str) -> Counter[str]:
        found: Counter[str] = Counter()
        for sample in self._samples:
            if sample.name == name and only.items() <= sample.labels.items():
                found[sample.labels.get(label, "")] += sample.value
        return found

    def total(self, name: str, **only: str) -> float:
        return self.by(name, "", **only).total()


def _summed(pairs: Iterable[tuple[str, float]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for name, number in pairs:
        found[name] += number
    return found


class Tachograph(Tool):
    label = "Tachograph"
    across_processes = has_blocks = True
    distribution = "tachograph"
    module = "monitoring"

    def apply(self, settings: Settings) -> None:
        settings["INSTALLED_APPS"] += ["monitoring"]
        settings["MIDDLEWARE"].insert(0, "monitoring.middleware.RecorderMiddleware")
        settings["TACHOGRAPH"] = {"BUDGETS": ROOT / "budgets.toml"}

    def ready(self) -> None:
        from monitoring.hooks import on_finish
        from monitoring.logs import JsonFormatter

        self.places: Counter[str] = Counter()
        self.logged: list[str] = []
        tool = self

        class Kept(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                tool.logged.append(JsonFormatter().format(record))

        logging.getLogger("tachograph").addHandler(Kept())
        on_finish.connect(lambda record: self.places.update(one.place.function for one in record.nplusone))

    def facts(self) -> Facts:
        from prometheus_client import generate_latest

        from monitoring.exposition import registry

        samples = Samples(generate_latest(registry).decode())
        operations = samples.by("tacho_operations_total", "operation", kind="request")
        statuses = samples.by("tacho_operations_total", "status", kind="request")
        cache = samples.by("tacho_cache_calls_total", "result")
        return {
            "requests": operations.total(),
            "observations": samples.total("tacho_operation_duration_seconds_count", kind="request"),
            "seconds": samples.total("tacho_operation_duration_seconds_sum", kind="request"),
            "operations": operations,
            "names": operations,
            "methods": _summed((name.partition(" ")[0], number) for name, number in operations.items()),
            "statuses": statuses,
            "errors": statuses["500"],
            "queries": samples.total("tacho_db_query_duration_seconds_count"),
            "aliases": samples.by("tacho_db_query_duration_seconds_count", "alias"),
            "failed queries": samples.total("django_db_errors_total"),
            "plumbing": samples.total("tacho_db_plumbing_total"),
            "rows": samples.total("tacho_db_rows_total"),
            "transactions": samples.total("tacho_db_transactions_total"),
            "unattributed": samples.total("tacho_recorder_unattributed_queries_total"),
            "slow": samples.total("tacho_slow_queries_total", kind="request"),
            "duplicates": samples.total("tacho_duplicate_queries_total", kind="request"),
            "N+1": samples.total("tacho_nplusone_total", kind="request"),
            "N+1 of queries": samples.total("tacho_nplusone_total", kind="request"),
            "places": self.places.copy(),
            "places of queries": self.places.copy(),
            "hits": cache["hit"],
            "misses": cache["miss"],
            "cache errors": cache["error"],
            "missed": samples.by("tacho_cache_calls_total", "command", result="miss"),
            "tasks": samples.by("tacho_operations_total", "status", kind="task"),
            "commands": samples.by("tacho_operations_total", "status", kind="command"),
            "blocks": samples.by("tacho_operations_total", "operation", kind="block"),
            "queries of blocks": samples.total("tacho_operation_db_queries_sum", kind="block"),
            "breaches": samples.by("tacho_budget_breaches_total", "budget", kind="request"),
            "queued": samples.total("tacho_request_queue_seconds_count"),
            "wait": samples.total("tacho_request_queue_seconds_sum"),
            "faults": samples.total("tacho_recorder_errors_total"),
            "files": len(list(Path(os.environ["TACHOGRAPH_DIR"]).glob("slot_*"))),
            "leaks": (samples.text + "".join(self.logged)).count(SECRET),
        }


class DjangoPrometheus(Tool):
    """In its multiprocess mode, which a project behind gunicorn's workers needs."""

    label = "django-prometheus"
    across_processes = True
    distribution = "django-prometheus"
    module = "django_prometheus"

    def apply(self, settings: Settings) -> None:
        self.folder = os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(
            dir=os.environ["CONFORMANCE_FOLDER"]
        )
        settings["INSTALLED_APPS"] += ["django_prometheus"]
        settings["MIDDLEWARE"].insert(0, "django_prometheus.middleware.PrometheusBeforeMiddleware")
        settings["MIDDLEWARE"].append("django_prometheus.middleware.PrometheusAfterMiddleware")
        for database in settings["DATABASES"].values():
            database["ENGINE"] = "django_prometheus.db.backends.postgresql"
        for cache in settings["CACHES"].values():
            cache["BACKEND"] = "django_prometheus.cache.backends.redis.RedisCache"

    def facts(self) -> Facts:
        from prometheus_client import CollectorRegistry, generate_latest, multiprocess

        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
        samples = Samples(generate_latest(registry).decode())
        latency = "django_http_requests_latency_seconds_by_view_method"
        return {
            "requests": samples.total("django_http_requests_before_middlewares_total"),
            "observations": samples.total(f"{latency}_count"),
            "seconds": samples.total(f"{latency}_sum"),
            "names": samples.by(f"{latency}_count", "view"),
            "methods": samples.by(f"{latency}_count", "method"),
            "errors": samples.total("django_http_exceptions_total_by_view_total"),
            "queries": samples.total("django_db_execute_total"),
            "aliases": samples.by("django_db_execute_total", "alias"),
            "failed queries": samples.total("django_db_errors_total"),
            "hits": samples.total("django_cache_get_hits_total"),
            "misses": samples.total("django_cache_get_misses_total"),
            "cache errors": samples.total("django_cache_get_fail_total"),
            "files": len(list(Path(self.folder).glob("counter_*"))),
            "leaks": samples.text.count(SECRET),
        }


class Sentry(Tool):
    """Every request traced, caches too; what it would send is looked at."""

    label = "Sentry"
    distribution = "sentry-sdk"
    module = "sentry_sdk"

    def apply(self, settings: Settings) -> None:
        import sentry_sdk
        from sentry_sdk.integrations.django import DjangoIntegration
        from sentry_sdk.transport import Transport

        self.events: list[dict[str, Any]] = []
        tool = self

        class Kept(Transport):
            def capture_envelope(self, envelope: Any) -> None:
                tool.events += [item.payload.json for item in envelope.items if item.payload.json]

        sentry_sdk.init(
            dsn="https://key@localhost/1",
            traces_sample_rate=1.0,
            transport=Kept,
            integrations=[DjangoIntegration(cache_spans=True, http_methods_to_capture=("GET", "HEAD"))],
        )

    def facts(self) -> Facts:
        transactions = [event for event in self.events if event.get("type") == "transaction"]
        requests = [event for event in transactions if event["contexts"]["trace"]["op"] == "http.server"]
        tasks = [event for event in transactions if event["contexts"]["trace"]["op"] == "queue.task.celery"]
        spans = [span for event in transactions for span in event["spans"]]
        gets = [span["data"].get("cache.hit") for span in spans if span["op"] == "cache.get"]
        return {
            "requests": len(requests),
            "observations": len(requests),
            "seconds": sum(_seconds(event) for event in requests),
            "names": Counter(event["transaction"] for event in requests),
            "errors": sum(event.get("level") == "error" for event in self.events),
            "queries": sum(span["op"] == "db" and span["description"] != "connect" for span in spans),
            "hits": gets.count(True),
            "misses": gets.count(False),
            "tasks": Counter(
                {"ok": "ok", "internal_error": "error", "aborted": "retry"}.get(status, status)
                for status in (event["contexts"]["trace"]["status"] for event in tasks)
            ),
            "leaks": json.dumps(self.events, default=str).count(SECRET),
        }


def _seconds(event: dict[str, Any]) -> float:
    from datetime import datetime

    start, end = (datetime.fromisoformat(event[name]) for name in ("start_timestamp", "timestamp"))
    return (end - start).total_seconds()


class Zeal(Tool):
    label = "zeal"
    distribution = "django-zeal"
    module = "zeal"

    def apply(self, settings: Settings) -> None:
        settings["INSTALLED_APPS"] += ["zeal"]
        settings["MIDDLEWARE"].insert(0, "zeal.middleware.zeal_middleware")
        settings["ZEAL_RAISE"] = False
        settings["ZEAL_NPLUSONE_THRESHOLD"] = 6  # as ours: more than five
        self.told: list[str] = []
        warnings.simplefilter("always")
        warnings.showwarning = lambda message, *args, **kwargs: self.told.append(str(message))

    def facts(self) -> Facts:
        found = [message for message in self.told if "N+1" in message]
        places = {place[1] for message in found if (place := re.search(r" in ([\w.<>]+)$", message))}
        return {
            # It warns at each further query; one is enough.
            "N+1": len(set(found)),
            "places": Counter(places),
            "leaks": "".join(self.told).count(SECRET),
        }


TOOLS: dict[str, Tool] = {
    "tachograph": Tachograph(),
    "django-prometheus": DjangoPrometheus(),
    "sentry": Sentry(),
    "zeal": Zeal(),
}
