"""manage.py sync_obc_coverage [--dry-run]: every coverage recomputed, and those that are missing made."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import models, transaction
from rich.console import Console
from rich.progress import Progress

from communities.domain.hierarchy import hierarchy_sync, inhabited_municipalities
from communities.models import MunicipalityCoverage, OBCCommunity, ProvinceCoverage
from communities.models.rollup import Synced
from geography.models import Municipality, Province

TITLES = {
    MunicipalityCoverage: ("municipalities", "Barangay OBCs"),
    ProvinceCoverage: ("provinces", "Municipality OBCs"),
}


class Command(BaseCommand):
    help = (
        "Recompute every municipal and provincial coverage from the communities; make those that are missing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="print the same and write nothing")

    def handle(self, *, dry_run: bool, **options: Any) -> None:  # noqa: ARG002
        if dry_run:
            self.stdout.write("Dry run: nothing will be written")
        with transaction.atomic():
            self._sync()
            transaction.set_rollback(dry_run)

    def _sync(self) -> None:
        had = {model: set(model.all_objects.values_list(model.UNIT, flat=True)) for model in TITLES}
        found = {MunicipalityCoverage: inhabited_municipalities().count()}
        with Progress(console=Console(file=self.stderr._out), transient=True) as progress:  # noqa: SLF001
            bar = progress.add_task("Synchronising", total=2)
            synced = hierarchy_sync(step=lambda _: progress.advance(bar))
        found[ProvinceCoverage] = Province.objects.filter(
            pk__in=MunicipalityCoverage.objects.values("municipality__province")
        ).count()
        made = {model: self._tell(model, synced, had[model], found[model]) for model in TITLES}
        self._summary(synced, made)

    def _tell(self, model: Any, synced: Synced, had: set[int], found: int) -> int:
        """Say what became of each unit; returns how many coverages are new."""
        plural, below = TITLES[model]
        written = {getattr(c, f"{model.UNIT}_id") for c in getattr(synced, plural)}
        self.stdout.write(f"Found {found} {plural} with {below}")
        for unit in _units(model).filter(pk__in=written):
            self.stdout.write(
                f"+ Created: {_place(unit)}" if unit.pk not in had else f"Updated: {_place(unit)}"
            )
        kept = model.all_objects.filter(models.Q(auto_sync=False) | models.Q(deleted_at__isnull=False))
        for unit in _units(model).filter(pk__in=kept.values(model.UNIT)):
            why = "deleted" if unit.coverage.is_deleted else "auto_sync is off"
            self.stdout.write(f"Kept: {_place(unit)} ({why})")
        self.stdout.write("Executing optimized bulk sync...")
        self.stdout.write(f"Synced {len(written)} {plural}")
        return len(written - had)

    def _summary(self, synced: Synced, made: dict[Any, int]) -> None:
        self.stdout.write("\nSummary")
        self.stdout.write(f"  Barangay OBCs: {OBCCommunity.objects.count()}")
        for name, model, rows in (
            ("Municipal", MunicipalityCoverage, synced.municipalities),
            ("Provincial", ProvinceCoverage, synced.provinces),
        ):
            self.stdout.write(f"  {name} coverage created: {made[model]}")
            self.stdout.write(f"  {name} coverage updated: {len(rows) - made[model]}")


def _units(model: Any) -> models.QuerySet:
    unit = model._meta.get_field(model.UNIT).related_model  # noqa: SLF001
    above = ("region", "province") if unit is Municipality else ("region",)
    return unit.objects.select_related("coverage", *above).order_by("name", "psgc_code")


def _place(unit: Municipality | Province) -> str:
    return unit.place if isinstance(unit, Municipality) else f"{unit.name}, {unit.region}"
