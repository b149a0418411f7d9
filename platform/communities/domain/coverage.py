"""Syncing one coverage on request."""

from typing import Any

from django.db import transaction

from common.errors import Conflict
from communities.models import MunicipalityCoverage, ProvinceCoverage
from communities.models.coverage import Coverage
from geography.domain.access import require_regions
from geography.models import Municipality, Province


@transaction.atomic
def municipality_coverage_sync(*, user: Any, psgc_code: str) -> MunicipalityCoverage:
    """Recompute a municipality's coverage, made if missing, and its province's.

    Raises Municipality.DoesNotExist, PermissionDenied outside the user's regions, Conflict when it is
    deleted.
    """
    municipality = Municipality.objects.select_related("province", "region").get(psgc_code=psgc_code)
    require_regions(user, [municipality.region_id])
    coverage = MunicipalityCoverage.sync_for_municipality(municipality)
    coverage.municipality = municipality
    return _alive(coverage)


@transaction.atomic
def province_coverage_sync(*, user: Any, psgc_code: str) -> ProvinceCoverage:
    """Recompute a province's coverage from its municipalities'. Raises as municipality_coverage_sync does."""
    province = Province.objects.select_related("region").get(psgc_code=psgc_code)
    require_regions(user, [province.region_id])
    coverage = ProvinceCoverage.sync_for_province(province)
    coverage.province = province
    return _alive(coverage)


def _alive(coverage: Coverage) -> Any:
    if coverage.is_deleted:
        raise Conflict(f"{coverage} is deleted. Restore it first: the admin has an action for it.")
    return coverage
