"""How long a sync takes on this machine, beside the same sums in one statement written by hand."""

import random
from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter
from typing import Any

from django.db import connection, transaction

from communities.models import FIGURES, MunicipalityCoverage, OBCCommunity, ProvinceCoverage
from communities.models.rollup import Touched, roll_up
from geography.models import Barangay, Municipality, Province
from monitoring import operation
from monitoring.record import Operation

from .hierarchy import hierarchy_sync
from .performance import made_up

COMMUNITIES = 100
RUNS = 200
MEDIAN_MS_MAX = 10.0
COUNTRY = (100, 10_000)
COUNTRY_S_MAX = 2.0

BY_HAND = (
    f"SELECT count(*), {', '.join(f'sum(c.{name})' for name in FIGURES)} FROM communities_obccommunity c "  # noqa: S608
    "JOIN geography_barangay b ON b.id = c.barangay_id WHERE c.deleted_at IS NULL AND b.municipality_id = %s"
)


@dataclass(frozen=True)
class Timing:
    name: str
    times_ms: list[float]

    @property
    def median_ms(self) -> float:
        return median(self.times_ms)

    @property
    def p95_ms(self) -> float:
        return quantiles(self.times_ms, n=20)[-1]


@dataclass(frozen=True)
class Country:
    communities: int
    municipalities: int
    queries: int
    seconds: float


def sync_timings(runs: int = RUNS) -> list[Timing]:
    """The statement by hand first, then a municipal sync and a full cascade, over COMMUNITIES communities."""
    with made_up(COMMUNITIES, spread=1) as communities:
        _analyse_tables()
        municipality = communities[0].barangay.municipality
        touched = Touched(municipalities={municipality.pk})
        return [
            _timed("by hand, one SELECT", runs, lambda: _by_hand(municipality.pk)),
            _timed("municipal sync", runs, lambda: roll_up(touched, upward=False)),
            _timed("full cascade", runs, lambda: roll_up(touched)),
        ]


def country_timings() -> list[Country]:
    """sync_entire_hierarchy over each of COUNTRY's numbers of communities in the geography that is loaded."""
    return [Context().run(_country, count) for count in COUNTRY]


def _timed(name: str, runs: int, work: Callable[[], Any]) -> Timing:
    times = []
    for _ in range(runs):
        started = perf_counter()
        work()
        times.append((perf_counter() - started) * 1e3)
    return Timing(name, times)


def _by_hand(municipality: int) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(BY_HAND, [municipality])
        return cursor.fetchone()


def _country(count: int) -> Country:
    with transaction.atomic():
        try:
            _only_communities(count)
            started = perf_counter()
            record = _sync()
            seconds = perf_counter() - started
            return Country(count, MunicipalityCoverage.objects.count(), record.queries, seconds)
        finally:
            transaction.set_rollback(True)


def _sync() -> Operation:
    with operation("coverage.benchmark", operation_class="report") as record:
        hierarchy_sync()
    return record


def _only_communities(count: int) -> None:
    for model in (OBCCommunity, MunicipalityCoverage, ProvinceCoverage):
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {model._meta.db_table}")  # noqa: S608, SLF001
    rng = random.Random(count)  # noqa: S311  (not a secret)
    places = list(Barangay.objects.filter(active=True).order_by("psgc_code").values_list("pk", flat=True))
    OBCCommunity.objects.bulk_create(
        OBCCommunity(barangay_id=rng.choice(places), **{name: rng.randint(0, 500) for name in FIGURES})
        for _ in range(count)
    )
    _analyse_tables()


def _analyse_tables() -> None:
    """What autovacuum does between an import and its sync, which here are one transaction."""
    tables = (OBCCommunity, MunicipalityCoverage, ProvinceCoverage, Barangay, Municipality, Province)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(model._meta.db_table for model in tables)}")  # noqa: SLF001
