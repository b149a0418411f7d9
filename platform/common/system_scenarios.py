"""The system API's operations, over n statements of n operations that ran just now."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from monitoring import catalog
from monitoring.scenarios import scenario
from monitoring.store.models import (
    Bounds,
    Level,
    Location,
    OperationKey,
    OperationPeriod,
    Query,
    QueryPeriod,
    QuerySample,
    Reset,
)

SLOW_S = 0.2


@dataclass
class Figures:
    queries: list[Query]


def seed_figures(n: int) -> Figures:
    """n statements, each slow once, of n operations, at n places."""
    now = timezone.now()
    operations = OperationKey.objects.bulk_create(
        OperationKey(kind="request", name=f"GET /api/scenario/{i}", operation_class="list") for i in range(n)
    )
    places = Location.objects.bulk_create(
        Location(module="scenario", function=f"view_{i}", file="scenario.py", line=i + 1) for i in range(n)
    )
    queries = Query.objects.bulk_create(
        Query(fingerprint=f"{i:016x}", sql=f"SELECT {i}", kind="read", alias="default", first_seen=now)
        for i in range(n)
    )
    _seed_periods(operations, places, queries)
    QuerySample.objects.bulk_create(
        QuerySample(query=queries[0], location=place, operation=operation, at=now, duration_s=SLOW_S, rows=1)
        for operation, place in zip(operations, places, strict=True)
    )
    return Figures(queries)


def _seed_periods(operations: list[OperationKey], places: list[Location], queries: list[Query]) -> None:
    minute = timezone.now().replace(second=0, microsecond=0)
    ran = {"level": Level.MINUTE, "start": minute - timedelta(minutes=1), "runs": 1, "duration_s": SLOW_S}
    ran |= {"duration_max_s": SLOW_S}
    OperationPeriod.objects.bulk_create(
        OperationPeriod(operation=operation, **ran, **_histogram(catalog.operation_duration().bounds))
        for operation in operations
    )
    QueryPeriod.objects.bulk_create(
        QueryPeriod(
            query=query, location=place, operation=operation, nested=False, slow=1, rows=1, **ran,
            **_histogram(catalog.QUERY_BOUNDS),
        )
        for query, place, operation in zip(queries, places, operations, strict=True)
    )  # fmt: skip


def _histogram(bounds: tuple[float, ...]) -> dict[str, Any]:
    """One run, in the bucket that it falls into."""
    stored, _ = Bounds.objects.get_or_create(bounds=",".join(map(str, bounds)))
    counts = [0] * (len(bounds) + 1)
    counts[next(at for at, bound in enumerate(bounds) if bound >= SLOW_S)] = 1
    return {"bounds": stored, "histogram": counts}


@scenario("GET /api/system/slow-queries", seed=seed_figures)
def slow_queries(client: Client, world: Figures) -> HttpResponse:  # noqa: ARG001
    return client.get("/api/system/slow-queries", {"limit": 100})


@scenario("GET /api/system/slow-queries/{fingerprint}", seed=seed_figures)
def slow_query(client: Client, world: Figures) -> HttpResponse:
    return client.get(f"/api/system/slow-queries/{world.queries[0].pk}")


@scenario("POST /api/system/slow-queries/reset", seed=seed_figures, repeatable=True)
def reset(client: Client, world: Figures) -> HttpResponse:  # noqa: ARG001
    return client.post("/api/system/slow-queries/reset")


@scenario("POST /api/system/slow-queries/reset/undo", seed=seed_figures)
def undo_reset(client: Client, world: Figures) -> HttpResponse:  # noqa: ARG001
    Reset.objects.create(at=timezone.now(), by="scenario")
    return client.post("/api/system/slow-queries/reset/undo", {}, content_type="application/json")


@scenario("POST /api/system/gate-runs", seed=seed_figures)
def report_gate_run(client: Client, world: Figures) -> HttpResponse:
    operations = [{"operation": query.sql, "failed": False} for query in world.queries]
    body = {"revision": "8d1f0c2", "report": {"exit_code": 0, "operations": operations}}
    return client.post("/api/system/gate-runs", body, content_type="application/json")


@scenario("GET /api/metrics", seed=seed_figures)
def metrics(client: Client, world: Figures) -> HttpResponse:  # noqa: ARG001
    return client.get("/api/metrics", {"limit": 100})


@scenario("GET /api/metrics/database", seed=seed_figures)
def database_metrics(client: Client, world: Figures) -> HttpResponse:  # noqa: ARG001
    return client.get("/api/metrics/database")


@scenario("GET /api/metrics/cache", seed=seed_figures)
def cache_metrics(client: Client, world: Figures) -> HttpResponse:  # noqa: ARG001
    return client.get("/api/metrics/cache")


@scenario("GET /api/metrics/thresholds", seed=seed_figures)
def thresholds(client: Client, world: Figures) -> HttpResponse:  # noqa: ARG001
    return client.get("/api/metrics/thresholds")


@scenario("GET /api/cache/stats", seed=seed_figures)
def cache_stats(client: Client, world: Figures) -> HttpResponse:  # noqa: ARG001
    return client.get("/api/cache/stats")
