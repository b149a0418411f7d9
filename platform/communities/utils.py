"""For scripts, imports and shells: scopes for many writes, and the roll-up of whatever was written without
signals.

Each takes lists or querysets and runs a number of queries that does not follow their length. A coverage with
`auto_sync` off, or deleted, is left as it is and not counted as synced.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet

from geography.models import Municipality, Province, Region

from .domain.hierarchy import hierarchy_sync
from .models import MunicipalityCoverage, OBCCommunity, ProvinceCoverage
from .models.rollup import Touched, roll_up
from .models.scope import auto_sync_disabled, coalesced_sync

__all__ = [
    "auto_sync_disabled",
    "bulk_refresh_municipalities",
    "bulk_refresh_provinces",
    "bulk_sync_communities",
    "bulk_sync_municipalities",
    "coalesced_sync",
    "sync_entire_hierarchy",
]


def bulk_sync_communities(
    communities: Iterable[OBCCommunity], sync_provincial: bool = True
) -> dict[str, int]:
    """Sync the municipalities of `communities`, after bulk_create, bulk_update or QuerySet.update.

    A community that such a write moved is known by where it is now: pass the municipality it left to
    bulk_refresh_municipalities() as well.
    """
    barangays = _values(communities, "barangay_id")
    synced = roll_up(Touched(barangays=set(barangays)), upward=sync_provincial)
    return _counts(synced) | {"communities_processed": len(barangays)}


def bulk_sync_municipalities(coverages: Iterable[MunicipalityCoverage]) -> dict[str, int]:
    """Sync the provinces over municipal `coverages` that were written without signals."""
    municipalities = _values(coverages, "municipality_id")
    provinces = Province.objects.filter(municipalities__in=municipalities).values_list("pk", flat=True)
    synced = roll_up(Touched(provinces=set(provinces)))
    return {"provinces_synced": len(synced.provinces), "municipalities_processed": len(municipalities)}


def bulk_refresh_municipalities(
    ms: Iterable[Municipality | MunicipalityCoverage], sync_provincial: bool = True
) -> dict[str, int]:
    """Sync municipalities, given as such or by their coverages; coverages that are missing are made."""
    return _counts(roll_up(Touched(municipalities=_units(ms, "municipality_id")), upward=sync_provincial))


def bulk_refresh_provinces(ps: Iterable[Province | ProvinceCoverage]) -> dict[str, int]:
    """Sync provinces, given as such or by their coverages, from the municipal coverages as they are."""
    return {"provinces_synced": len(roll_up(Touched(provinces=_units(ps, "province_id"))).provinces)}


def sync_entire_hierarchy(region: Region | str | None = None) -> dict[str, Any]:
    """Recompute all coverages of the country or of one region (the model, its two digits or its PSGC code).

    Raises Region.DoesNotExist for a code that no region has. `region` in the answer is its name, or None.
    """
    if isinstance(region, str):
        region = Region.objects.get(Q(code=region) | Q(psgc_code=region))
    return _counts(hierarchy_sync(region=region)) | {"region": region.name if region else None}


def _counts(synced: Any) -> dict[str, int]:
    return {"municipalities_synced": len(synced.municipalities), "provinces_synced": len(synced.provinces)}


def _values(rows: Iterable[Any], name: str) -> list[int]:
    if isinstance(rows, QuerySet):
        return list(rows.order_by().values_list(name, flat=True))
    return [getattr(row, name) for row in rows]


def _units(rows: Iterable[Any], unit: str) -> set[int]:
    """The ids of units, given as such or by their coverages."""
    if isinstance(rows, QuerySet):
        return set(_values(rows, "pk" if rows.model in (Municipality, Province) else unit))
    return {row.pk if isinstance(row, Municipality | Province) else getattr(row, unit) for row in rows}
