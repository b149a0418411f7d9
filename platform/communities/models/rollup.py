"""The roll-up: one statement for any number of municipalities, one for any number of provinces.

A unit is locked before it is summed, so that the statement's snapshot sees every writer that held the lock
before. All writers lock in one order (communities, municipalities by id, provinces by id), so that none waits
in a circle.
"""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.apps import apps
from django.db import models, transaction

from communities.answers import coverage_answers
from geography.models import Barangay, Municipality, Province
from monitoring import operation

from .fields import FIGURES


@dataclass
class Touched:
    """What a write concerns, by id. A barangay stands for its municipality, a municipality for its province
    as well.
    """

    barangays: set[int] = field(default_factory=set)
    municipalities: set[int] = field(default_factory=set)
    provinces: set[int] = field(default_factory=set)

    def add(self, other: "Touched") -> None:
        self.barangays |= other.barangays
        self.municipalities |= other.municipalities
        self.provinces |= other.provinces

    def municipality_rows(self) -> models.QuerySet[Municipality]:
        above = Barangay.objects.filter(pk__in=self.barangays).values("municipality")
        return Municipality.objects.filter(models.Q(pk__in=self.municipalities) | models.Q(pk__in=above))


@dataclass(frozen=True)
class RollUp:
    """How one coverage is computed. `steps` name the parts of `statement`, for people who want to read it."""

    sums: str
    names: str
    write: str

    @property
    def statement(self) -> str:
        """Takes `units`, ids; returns the coverages written: none that a person keeps by hand or deleted."""
        return f"WITH sums AS ({self.sums}), names AS ({self.names}) {self.write}"


@cache
def municipal() -> RollUp:
    """Living communities, by municipality."""
    table = {
        "community": _table("communities.OBCCommunity"),
        "barangay": _table("geography.Barangay"),
    }
    source = (
        "FROM {community} c JOIN {barangay} b ON b.id = c.barangay_id "
        "WHERE c.deleted_at IS NULL AND b.municipality_id = ANY(%(units)s)"
    ).format(**table)
    counts = "count(*) AS total_obc_communities"
    return RollUp(
        sums=f"SELECT b.municipality_id AS unit_id, {counts}, {_sums('c')} {source} GROUP BY 1",
        names=_names("b.municipality_id", "b.name", "key_barangays", source),
        write=_write(
            "communities.MunicipalityCoverage", "municipality_id", ["total_obc_communities"], "key_barangays"
        ),
    )


@cache
def provincial() -> RollUp:
    """Living municipal coverages, by province."""
    source = (
        "FROM {coverage} c JOIN {municipality} m ON m.id = c.municipality_id "
        "WHERE c.deleted_at IS NULL AND m.province_id = ANY(%(units)s)"
    ).format(
        coverage=_table("communities.MunicipalityCoverage"), municipality=_table("geography.Municipality")
    )
    counts = "count(*) AS total_municipalities, sum(c.total_obc_communities)::bigint AS total_obc_communities"
    return RollUp(
        sums=f"SELECT m.province_id AS unit_id, {counts}, {_sums('c')} {source} GROUP BY 1",
        names=_names("m.province_id", "m.name", "key_municipalities", source),
        write=_write(
            "communities.ProvinceCoverage",
            "province_id",
            ["total_municipalities", "total_obc_communities"],
            "key_municipalities",
        ),
    )


def _table(label: str) -> str:
    return f'"{apps.get_model(label)._meta.db_table}"'  # noqa: SLF001


def _sums(alias: str) -> str:
    return ", ".join(f"sum({alias}.{name})::bigint AS {name}" for name in FIGURES)


def _names(unit: str, name: str, column: str, source: str) -> str:
    listed = f"string_agg(DISTINCT {name}, ', ' ORDER BY {name}) AS {column}"
    return f"SELECT {unit} AS unit_id, {listed} {source} GROUP BY 1"


def _write(label: str, unit: str, counts: list[str], names: str) -> str:
    table, columns = _table(label), [*counts, *FIGURES]
    values = [*(f"coalesce(sums.{name}, 0)" for name in columns), f"coalesce(names.{names}, '')"]
    written = ", ".join((unit, *columns, names, "auto_sync", "created_at", "updated_at"))
    changes = ", ".join(f"{name} = EXCLUDED.{name}" for name in (*columns, names))
    return (
        f"INSERT INTO {table} AS coverage ({written}) "  # noqa: S608  (names of our own columns)
        f"SELECT unit.id, {', '.join(values)}, true, now(), now() FROM unnest(%(units)s) AS unit (id) "
        "LEFT JOIN sums ON sums.unit_id = unit.id LEFT JOIN names ON names.unit_id = unit.id "
        f"ON CONFLICT ({unit}) DO UPDATE SET {changes}, updated_at = EXCLUDED.updated_at "
        "WHERE coverage.auto_sync AND coverage.deleted_at IS NULL RETURNING coverage.*"
    )


@dataclass
class Synced:
    """The coverages that a roll-up wrote."""

    municipalities: list[Any] = field(default_factory=list)
    provinces: list[Any] = field(default_factory=list)


@transaction.atomic(savepoint=False)
def roll_up(touched: Touched, *, upward: bool = True) -> Synced:
    """Bring what `touched` names up to date: municipalities, and `upward` their provinces, in at most 4
    queries.
    """
    coverage_answers.forget_on_commit()
    synced, provinces = Synced(), set(touched.provinces)
    if touched.barangays or touched.municipalities:
        synced.municipalities, above = sync_municipalities(touched.municipality_rows())
        provinces |= above if upward else set()
    if provinces:
        synced.provinces = sync_provinces(Province.objects.filter(pk__in=provinces))
    return synced


@operation("coverage.sync_municipality", operation_class="sync")
@transaction.atomic(savepoint=False)
def sync_municipalities(units: models.QuerySet[Municipality]) -> tuple[list[Any], set[int]]:
    """Returns the coverages written and the ids of the provinces over all `units`."""
    locked = dict(lock(units).values_list("pk", "province_id"))
    coverages = _execute("communities.MunicipalityCoverage", municipal(), list(locked))
    return coverages, {province for province in locked.values() if province}


@operation("coverage.sync_province", operation_class="sync")
@transaction.atomic(savepoint=False)
def sync_provinces(units: models.QuerySet[Province]) -> list[Any]:
    return _execute(
        "communities.ProvinceCoverage", provincial(), list(lock(units).values_list("pk", flat=True))
    )


def lock(units: models.QuerySet) -> models.QuerySet:
    """`units` locked by id. Foreign keys may still point at them (NO KEY)."""
    return units.order_by("pk").select_for_update(no_key=True, of=("self",))


def _execute(label: str, rollup: RollUp, ids: list[int]) -> list[Any]:
    if not ids:
        return []
    return list(apps.get_model(label).all_objects.raw(rollup.statement, {"units": ids}))
