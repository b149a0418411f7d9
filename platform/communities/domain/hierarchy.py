"""The whole country's roll-up, or a region's: the same few statements as for one municipality."""

from collections.abc import Callable

from django.db import models, transaction

from communities.answers import coverage_answers
from communities.models import MunicipalityCoverage, OBCCommunity, ProvinceCoverage
from communities.models.rollup import Synced, sync_municipalities, sync_provinces
from geography.models import Municipality, Province, Region
from monitoring import operation


def inhabited_municipalities() -> models.QuerySet[Municipality]:
    """Those that have a living community."""
    return Municipality.objects.filter(pk__in=_inhabited())


def _inhabited() -> models.QuerySet:
    return OBCCommunity.objects.values("barangay__municipality")


def covered_municipalities(region: Region | None = None) -> models.QuerySet[Municipality]:
    """Those that have a coverage, or a community and therefore ought to."""
    inhabited = models.Q(pk__in=_inhabited())
    units = Municipality.objects.filter(inhabited | models.Q(coverage__isnull=False))
    return units.filter(region=region) if region else units


@operation("coverage.sync_hierarchy", operation_class="sync")
@transaction.atomic(savepoint=False)
def hierarchy_sync(*, region: Region | None = None, step: Callable[[Synced], object] = id) -> Synced:
    """Recompute every coverage of `region`, or of the country, and make those that are missing.

    `step` hears what was written after the municipalities, and after the provinces.
    """
    coverage_answers.forget_on_commit()
    municipalities, over = sync_municipalities(covered_municipalities(region))
    synced = Synced(municipalities)
    step(synced)
    # One that has lost its last municipality is recomputed too.
    kept = (
        ProvinceCoverage.all_objects.filter(province__region=region)
        if region
        else ProvinceCoverage.all_objects
    )
    provinces = Province.objects.filter(models.Q(pk__in=over) | models.Q(pk__in=kept.values("province")))
    synced.provinces = sync_provinces(provinces)
    step(synced)
    return synced


def missing_municipalities() -> models.QuerySet[Municipality]:
    """Those that have a living community and no coverage, not even a deleted one."""
    return inhabited_municipalities().filter(coverage__isnull=True)


def missing_provinces() -> models.QuerySet[Province]:
    """Those that have a municipality with a living coverage, and none of their own."""
    covered = MunicipalityCoverage.objects.values("municipality__province")
    return Province.objects.filter(pk__in=covered, coverage__isnull=True)
