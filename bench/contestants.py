"""Who is compared: how each is installed in the lab's settings, and where it shows what it recorded."""

from __future__ import annotations

import os
import tempfile
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .endpoints import PAGE

ROOT = Path(__file__).resolve().parents[1]
Settings = dict[str, Any]


def user_agent() -> str:
    """What tells the requests to this process from those to another."""
    return f"bench/{os.getpid()}"


class Contestant:
    """The bare service. `needs` are the modules it cannot do without; `heavy`: it gets shorter blocks."""

    label = "bare"
    needs: tuple[str, ...] = ()
    heavy = False

    def missing(self) -> list[str]:
        """The modules that are not installed here."""
        return [name for name in self.needs if find_spec(name) is None]

    def apply(self, settings: Settings) -> None:
        """Change the settings, before Django reads them."""

    def ready(self) -> None:
        """What is to be done between django.setup() and the first request."""

    def recorded(self) -> dict[str, float]:
        """What it says was done, of `requests`, `queries`, `gets` (hits) and `nplusone`: what it claims."""
        return {}


class Bare2(Contestant):
    label = "bare, again: the noise"


class Tachograph(Contestant):
    """The recorder with all that it does: budgets, N+1, traces, log lines, the export to shared cells."""

    label = "Tachograph"
    store = False

    def apply(self, settings: Settings) -> None:
        settings["INSTALLED_APPS"] += ["monitoring"]
        settings["MIDDLEWARE"].insert(0, "monitoring.middleware.RecorderMiddleware")
        settings["TACHOGRAPH"] = {"BUDGETS": ROOT / "budgets.toml", "STORE": self.store}
        handlers = {"console": {"class": "logging.StreamHandler", "formatter": "json"}}
        settings["LOGGING"] = {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"json": {"()": "monitoring.logs.JsonFormatter"}},
            "handlers": handlers,
            "root": {"handlers": ["console"]},
        }

    def recorded(self) -> dict[str, float]:
        from monitoring.exposition import registry

        found = dict.fromkeys(("requests", "queries", "gets", "nplusone"), 0.0)
        names = {
            "tacho_operations_total": "requests",
            "tacho_db_query_duration_seconds_count": "queries",
            "tacho_cache_calls_total": "gets",
            "tacho_nplusone_total": "nplusone",
        }
        for family in registry.collect():
            for sample in family.samples:
                if sample.name in names and sample.labels.get("result", "hit") == "hit":
                    found[names[sample.name]] += sample.value
        return found


class TachographStore(Tachograph):
    """And the store behind the console, which writes to the same database in the background."""

    label = "Tachograph with its store"
    store = True


class DjangoPrometheus(Contestant):
    label = "django-prometheus"
    needs = ("django_prometheus",)
    before = 0.0

    def apply(self, settings: Settings) -> None:
        settings["INSTALLED_APPS"] += ["django_prometheus"]
        settings["MIDDLEWARE"].insert(0, "django_prometheus.middleware.PrometheusBeforeMiddleware")
        settings["MIDDLEWARE"].append("django_prometheus.middleware.PrometheusAfterMiddleware")
        settings["DATABASES"]["default"]["ENGINE"] = "django_prometheus.db.backends.postgresql"
        settings["CACHES"]["default"]["BACKEND"] = "django_prometheus.cache.backends.redis.RedisCache"

    def ready(self) -> None:
        """Connect: it counts what Django sends to set a connection up, which no request asked for."""
        from django.db import connection

        connection.ensure_connection()
        self.before = self.recorded()["queries"]

    def registry(self) -> Any:
        from prometheus_client import REGISTRY

        return REGISTRY

    def recorded(self) -> dict[str, float]:
        value = self.registry().get_sample_value
        database = {"alias": "default", "vendor": "postgresql"}
        return {
            "requests": value("django_http_requests_before_middlewares_total") or 0,
            "queries": (value("django_db_execute_total", database) or 0) - self.before,
            "gets": value("django_cache_get_hits_total", {"backend": "redis"}) or 0,
        }


class DjangoPrometheusMultiprocess(DjangoPrometheus):
    """What a project behind gunicorn's workers needs."""

    label = "django-prometheus, multiprocess"

    def apply(self, settings: Settings) -> None:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(dir=os.environ["BENCH_FOLDER"])
        super().apply(settings)

    def registry(self) -> Any:
        from prometheus_client import CollectorRegistry, multiprocess

        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
        return registry


class Sentry(Contestant):
    """Its transport leads nowhere: what sending costs is not counted."""

    label = "Sentry, traces 1"
    needs = ("sentry_sdk",)
    rate = 1.0

    def apply(self, settings: Settings) -> None:
        import sentry_sdk
        from sentry_sdk.transport import Transport

        self.transactions = self.queries = 0
        contestant = self

        class Nowhere(Transport):
            def capture_envelope(self, envelope: Any) -> None:
                for item in envelope.items:
                    event = getattr(item.payload, "json", None) or {}
                    spans = event.get("spans") or ()
                    contestant.transactions += event.get("type") == "transaction"
                    contestant.queries += sum('FROM "lab_' in (span["description"] or "") for span in spans)

        sentry_sdk.init(dsn="https://key@localhost/1", traces_sample_rate=self.rate, transport=Nowhere)

    def recorded(self) -> dict[str, float]:
        return {"requests": self.transactions, "queries": self.queries}


class SentryErrorsOnly(Sentry):
    label = "Sentry, traces 0"
    rate = 0.0

    def recorded(self) -> dict[str, float]:
        return {}


class OpenTelemetry(Contestant):
    """Traces and metrics of requests and queries; the exporter leads nowhere."""

    label = "OpenTelemetry"
    needs = (
        "opentelemetry.sdk",
        "opentelemetry.instrumentation.django",
        "opentelemetry.instrumentation.psycopg",
    )

    def missing(self) -> list[str]:
        return ["opentelemetry"] if find_spec("opentelemetry") is None else super().missing()

    def ready(self) -> None:
        from opentelemetry import metrics, trace
        from opentelemetry.instrumentation.django import DjangoInstrumentor
        from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import InMemoryMetricReader
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import (
            BatchSpanProcessor,
            SpanExporter,
            SpanExportResult,
        )

        self.requests = self.queries = 0
        contestant = self

        class Nowhere(SpanExporter):
            def export(self, spans: Any) -> Any:
                for span in spans:
                    contestant.requests += span.kind is trace.SpanKind.SERVER
                    texts = (span.attributes.get(name, "") for name in ("db.statement", "db.query.text"))
                    contestant.queries += any('FROM "lab_' in text for text in texts)
                return SpanExportResult.SUCCESS

        self.provider = TracerProvider()
        self.provider.add_span_processor(BatchSpanProcessor(Nowhere(), max_queue_size=1 << 16))
        trace.set_tracer_provider(self.provider)
        metrics.set_meter_provider(MeterProvider([InMemoryMetricReader()]))
        DjangoInstrumentor().instrument()
        PsycopgInstrumentor().instrument()

    def recorded(self) -> dict[str, float]:
        self.provider.force_flush()
        return {"requests": self.requests, "queries": self.queries}


class Zeal(Contestant):
    """It warns of an N+1, as its users have it in production."""

    label = "zeal"
    needs = ("zeal",)

    def apply(self, settings: Settings) -> None:
        settings["INSTALLED_APPS"] += ["zeal"]
        settings["MIDDLEWARE"].insert(0, "zeal.middleware.zeal_middleware")
        settings["ZEAL_RAISE"] = False
        self.warnings = 0
        show = warnings.showwarning

        def counting(message: Any, *args: Any, **kwargs: Any) -> None:
            self.warnings += "N+1" in str(message)
            show(message, *args, **kwargs)

        warnings.showwarning = counting

    def recorded(self) -> dict[str, float]:
        return {"nplusone": self.warnings / (PAGE - 1)}  # it warns at every query from the second on


class Silk(Contestant):
    label = "silk"
    needs = ("silk",)
    heavy = True
    percent = 100

    def apply(self, settings: Settings) -> None:
        settings["INSTALLED_APPS"] += ["silk"]
        settings["MIDDLEWARE"].insert(0, "silk.middleware.SilkyMiddleware")
        settings["MEDIA_ROOT"] = tempfile.mkdtemp(dir=os.environ["BENCH_FOLDER"])
        settings["SILKY_INTERCEPT_PERCENT"] = self.percent

    def ready(self) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(
                "TRUNCATE silk_request, silk_response, silk_sqlquery, silk_profile, silk_profile_queries"
            )

    def recorded(self) -> dict[str, float]:
        from silk.models import Request, SQLQuery

        # Those of this process: silk at 1 % writes into the same tables.
        mine = Request.objects.filter(encoded_headers__contains=user_agent())
        queries = SQLQuery.objects.filter(request__in=mine)
        return {"requests": mine.count(), "queries": queries.count()}


class SilkOnePercent(Silk):
    label = "silk, 1 %"
    heavy = False
    percent = 1

    def recorded(self) -> dict[str, float]:
        return {}  # one request in a hundred, by chance


CONTESTANTS: dict[str, Contestant] = {
    "bare": Contestant(),
    "bare2": Bare2(),
    "tachograph": Tachograph(),
    "tachograph-store": TachographStore(),
    "prometheus": DjangoPrometheus(),
    "prometheus-mp": DjangoPrometheusMultiprocess(),
    "sentry0": SentryErrorsOnly(),
    "sentry1": Sentry(),
    "opentelemetry": OpenTelemetry(),
    "zeal": Zeal(),
    "silk1": SilkOnePercent(),
    "silk": Silk(),
}
