"""Is the roll-up what it claims to be, on the data at hand? Nothing that is checked here stays written."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from django.db import transaction

from communities.models import FIGURES, MunicipalityCoverage, OBCCommunity, ProvinceCoverage
from monitoring import operation

from .hierarchy import hierarchy_sync, missing_municipalities, missing_provinces

SAMPLE = 25
CACHED = {
    OBCCommunity: ("municipality", "province", "region"),
    MunicipalityCoverage: ("province", "region"),
    ProvinceCoverage: ("region",),
}


def checks() -> dict[str, Callable[[], str]]:
    """Each check by name: called, it returns what is wrong, or nothing."""
    return {
        "cached properties read their place once": cached_properties,
        "no record is missing": missing_records,
        "stored coverages equal a fresh sum": stored_results,
        "bulk results equal individual ones": bulk_results,
    }


def cached_properties() -> str:
    for model, names in CACHED.items():
        row = model.all_objects.first()
        for name in names:
            if not isinstance(model.__dict__.get(name), cached_property):
                return f"{model.__name__}.{name} is no cached_property"
            if row is not None and _queries_of_second_read(row, name):
                return f"{model.__name__}.{name} queries again when it is read again"
    return ""


def missing_records() -> str:
    gaps = [unit.place for unit in missing_municipalities().select_related("province", "region")[:SAMPLE]]
    gaps += [unit.name for unit in missing_provinces()[:SAMPLE]]
    return f"no coverage for {'; '.join(gaps)}: run sync_obc_coverage" if gaps else ""


def stored_results() -> str:
    with _undone():
        stored = {model: _figures(model) for model in (MunicipalityCoverage, ProvinceCoverage)}
        hierarchy_sync()
        return next((f"{wrong}: run sync_obc_coverage" for wrong in _differences(stored)), "")


def bulk_results() -> str:
    with _undone():
        hierarchy_sync()
        bulk = {model: _figures(model) for model in (MunicipalityCoverage, ProvinceCoverage)}
        for coverage in MunicipalityCoverage.objects.order_by("-total_obc_communities")[:SAMPLE]:
            coverage.refresh_from_communities()
        for coverage in ProvinceCoverage.objects.order_by("-total_obc_communities")[:SAMPLE]:
            coverage.refresh_from_municipalities()
        return next(_differences(bulk), "")


def _queries_of_second_read(row: Any, name: str) -> int:
    getattr(row, name)
    with operation("coverage.verification") as record:
        getattr(row, name)
    return record.queries


def _figures(model: Any) -> dict[int, tuple[Any, ...]]:
    names = ("total_obc_communities", *FIGURES)
    return {pk: tuple(values) for pk, *values in model.objects.values_list("pk", *names)}


def _differences(before: dict[Any, dict[int, tuple[Any, ...]]]) -> Iterator[str]:
    for model, expected in before.items():
        actual = _figures(model)
        for pk in expected.keys() | actual.keys():
            if expected.get(pk) != actual.get(pk):
                coverage = model.objects.get(pk=pk)
                yield f"{coverage} holds {expected.get(pk)} and ought to hold {actual.get(pk)}"


@contextmanager
def _undone() -> Iterator[None]:
    """A transaction, or a savepoint, that leaves nothing behind."""
    with transaction.atomic():
        try:
            yield
        finally:
            transaction.set_rollback(True)
