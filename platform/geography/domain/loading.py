"""Storing a release: one transaction, a number of queries that does not follow the country's size."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat
from django.dispatch import Signal

from geography.models import Barangay, Municipality, Province, Region, SubMunicipality, Unit, folded

from .matching import Identity, Matches, match
from .release import Release, Row

# Sent inside the transaction with `report`, so that what hangs on geography follows it or fails with it.
release_loaded = Signal()

Values = dict[str, Any]


@dataclass(frozen=True)
class Change:
    level: str
    name: str
    code: str
    was: str = ""

    def __str__(self) -> str:
        return f"{self.level} {self.name} ({self.code}{', was ' + self.was if self.was else ''})"


@dataclass
class LoadReport:
    """What a release changed, unit by unit. `moved` has a new code or belongs elsewhere; `gone` is listed no
    longer; `unmatched` is gone too, but has a namesake among the new that may be the same unit: a person must
    decide.
    """

    units: int = 0
    new: list[Change] = field(default_factory=list)
    moved: list[Change] = field(default_factory=list)
    updated: list[Change] = field(default_factory=list)
    gone: list[Change] = field(default_factory=list)
    unmatched: list[Change] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        return bool(self.new or self.moved or self.updated or self.gone or self.unmatched)


def _city_details(row: Row) -> Values:
    kind = Municipality.Kind.CITY if row.level == "City" else Municipality.Kind.MUNICIPALITY
    return {"kind": kind.value} | {
        key: row.details[key] for key in ("city_class", "income_class") if key in row.details
    }


def _barangay_details(row: Row) -> Values:
    urban = {key: row.details[key] for key in ("urban_rural",) if key in row.details}
    return urban | {key.replace("pop_", "population_"): people for key, people in row.populations.items()}


@dataclass(frozen=True)
class _Level:
    model: type[Unit]
    kinds: tuple[str, ...]
    # Foreign key -> the kinds of row it may point at; the first is what the unit lies in.
    parents: dict[str, tuple[str, ...]]
    details: Callable[[Row], Values]
    name_is_enough: bool = False

    @property
    def title(self) -> str:
        return str(self.model._meta.verbose_name)  # noqa: SLF001

    def identity(self, values: Values) -> Identity:
        above = [values[key] for key in self.parents]
        correspondence = values.get("correspondence_code", "")
        return Identity(
            values["psgc_code"], correspondence, values["search_name"], above[0] if above else None
        )


_CITY = ("Mun", "City")
_LEVELS = (
    _Level(Region, ("Reg",), {}, lambda row: {"code": row.code[:2]}, name_is_enough=True),
    _Level(Province, ("Prov",), {"region_id": ("Reg",)}, lambda _: {}, name_is_enough=True),
    _Level(
        Municipality,
        _CITY,
        {"province_id": ("Prov",), "region_id": ("Reg",)},
        _city_details,
        name_is_enough=True,
    ),
    _Level(SubMunicipality, ("SubMun",), {"municipality_id": _CITY}, lambda _: {}),
    _Level(
        Barangay, ("Bgy",), {"municipality_id": _CITY, "sub_municipality_id": ("SubMun",)}, _barangay_details
    ),
)


@transaction.atomic
def release_load(*, rows: Iterable[Row], step: Callable[[str], object] = str) -> LoadReport:
    """Make the stored geography that of `rows`: units keep their identity, one that is not listed stays,
    inactive.

    Columns that the release lacks are left as they are. `step` hears of each level that is stored. Raises
    ReleaseError, with nothing changed, when a row is broken.
    """
    release, report, ids = Release(rows), LoadReport(), dict[str, int]()
    report.units = len(release.rows)
    _lock()
    for level in _LEVELS:
        wanted = {row.code: _values(level, row, release, ids) for row in release.of(*level.kinds)}
        ids |= _store(level, wanted, report)
        step(level.title)
    if report.changed:
        _analyse()
        release_loaded.send(sender=release_load, report=report)
    return report


def _lock() -> None:
    """In the order in which every roll-up locks: barangays, then municipalities, then provinces, each by id.

    A new community's foreign key waits for its barangay, and its writer would hold the rest meanwhile: so
    nobody enters one while units are renumbered. Everybody may read.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {Barangay._meta.db_table} IN EXCLUSIVE MODE")  # noqa: SLF001
    for model in (Municipality, Province):
        list(model.objects.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))


def _analyse() -> None:
    """So that what comes next is not planned for the tables as they were: the first load fills empty ones."""
    tables = ", ".join(level.model._meta.db_table for level in _LEVELS)  # noqa: SLF001
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {tables}")


def _values(level: _Level, row: Row, release: Release, ids: dict[str, int]) -> Values:
    values: Values = {
        "psgc_code": row.code,
        "name": row.name,
        "search_name": folded(row.name),
        "active": True,
    }
    values |= {key: row.details[key] for key in ("correspondence_code", "old_name") if key in row.details}
    for key, kinds in level.parents.items():
        above = release.above(row, *kinds)
        values[key] = ids[above.code] if above else None
    return values | level.details(row)


def _store(level: _Level, wanted: dict[str, Values], report: LoadReport) -> dict[str, int]:
    """Bring one level's table to `wanted` (by code); returns the id of each code."""
    names = list(
        next(iter(wanted.values()), {"psgc_code": "", "name": "", "search_name": "", "active": True})
    )
    stored = {
        pk: dict(zip(names, values, strict=True))
        for pk, *values in level.model.objects.values_list("pk", *names)
    }
    matches = match(
        {pk: level.identity(values) for pk, values in stored.items()} if wanted else {},
        {code: level.identity(values) for code, values in wanted.items()},
        name_is_enough=level.name_is_enough,
    )
    _change(level, stored, wanted, matches, report)
    created = level.model.objects.bulk_create([level.model(**wanted[code]) for code in matches.new])
    report.new += [Change(level.title, unit.name, unit.psgc_code) for unit in created]
    _retire(level, stored, matches, report)
    return {code: pk for pk, code in matches.pairs} | {unit.psgc_code: unit.pk for unit in created}


def _change(
    level: _Level, stored: dict[int, Values], wanted: dict[str, Values], matches: Matches, report: LoadReport
) -> None:
    changed = [(pk, code) for pk, code in matches.pairs if stored[pk] != wanted[code]]
    for pk, code in changed:
        before, after = stored[pk], wanted[code]
        moved = any(before[key] != after[key] for key in ("psgc_code", *level.parents))
        was = before["psgc_code"] if before["psgc_code"] != code else ""
        (report.moved if moved else report.updated).append(Change(level.title, after["name"], code, was))
    _park(level.model, [pk for pk, code in changed if stored[pk]["psgc_code"] != code])
    if changed:
        level.model.objects.bulk_create(
            [level.model(pk=pk, **wanted[code]) for pk, code in changed],
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=[name.removesuffix("_id") for name in wanted[changed[0][1]]],
        )


def _park(model: type[Unit], renumbered: list[int]) -> None:
    """Two units may trade codes: free the unique key first."""
    if renumbered:
        parked = Concat(Value("x"), Cast(F("pk"), output_field=CharField()))
        model.objects.filter(pk__in=renumbered).update(psgc_code=parked)


def _retire(level: _Level, stored: dict[int, Values], matches: Matches, report: LoadReport) -> None:
    leaving = []
    for kind, units in ((report.gone, matches.gone), (report.unmatched, matches.unmatched)):
        listed = [pk for pk in units if stored[pk]["active"]]
        kind += [Change(level.title, stored[pk]["name"], stored[pk]["psgc_code"]) for pk in listed]
        leaving += listed
    if leaving:
        level.model.objects.filter(pk__in=leaving).update(active=False)
