"""The whole country's roll-up, or a region's: the same few statements as for one municipality."""

from django.db import models, transaction

from communities.models import OBCCommunity, ProvinceCoverage
from communities.models.rollup import Synced, sync_municipalities, sync_provinces
from geography.models import Municipality, Province, Region
from monitoring import operation


def covered_municipalities(region: Region | None = None) -> models.QuerySet[Municipality]:
    """Those that have a coverage, or a community and therefore ought to."""
    inhabited = OBCCommunity.objects.values("barangay__municipality")
    units = Municipality.objects.filter(models.Q(pk__in=inhabited) | models.Q(coverage__isnull=False))
    return units.filter(region=region) if region else units


@operation("coverage.sync_hierarchy", operation_class="sync")
@transaction.atomic(savepoint=False)
def hierarchy_sync(*, region: Region | None = None) -> Synced:
    """Recompute every coverage of `region`, or of the country, and make those that are missing."""
    municipalities, over = sync_municipalities(covered_municipalities(region))
    # One that has lost its last municipality is recomputed too.
    kept = (
        ProvinceCoverage.all_objects.filter(province__region=region)
        if region
        else ProvinceCoverage.all_objects
    )
    provinces = Province.objects.filter(models.Q(pk__in=over) | models.Q(pk__in=kept.values("province")))
    return Synced(municipalities, sync_provinces(provinces))
