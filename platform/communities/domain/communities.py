"""Writing communities. Each function is one transaction and leaves the roll-ups right."""

from typing import Any

from django.db import models, transaction
from rest_framework.exceptions import ValidationError

from communities.models import OBCCommunity
from geography.domain.access import require_regions
from geography.models import Barangay


@transaction.atomic
def community_create(*, user: Any, barangay: str, **values: Any) -> OBCCommunity:
    """A new community in the barangay of that PSGC code.

    Raises ValidationError for an unknown code, PermissionDenied outside the user's regions.
    """
    place = barangays_by_code([barangay])[barangay]
    require_regions(user, [place.municipality.region_id])
    return OBCCommunity.objects.create(barangay=place, created_by=user, updated_by=user, **values)


@transaction.atomic
def community_update(*, user: Any, community_id: int, **changes: Any) -> OBCCommunity:
    """Change what `changes` names; a new `barangay` (a PSGC code) moves it. Raises as create does.

    Raises OBCCommunity.DoesNotExist where there is none, or it is deleted.
    """
    community = _locked(OBCCommunity.objects, community_id)
    regions = {community.region.pk}
    if "barangay" in changes:
        place = barangays_by_code([changes["barangay"]])[changes["barangay"]]
        regions.add(place.municipality.region_id)
        changes["barangay"] = place
    require_regions(user, regions)
    for name, value in {**changes, "updated_by": user}.items():
        setattr(community, name, value)
    # Only what was asked for: a neighbour's change of another field stays.
    community.save(update_fields=[*changes, "updated_by", "updated_at"])
    return community


@transaction.atomic
def community_delete(*, user: Any, community_id: int) -> None:
    """Take it out of every list and sum, and keep it. Raises as community_update does."""
    community = _locked(OBCCommunity.objects, community_id)
    require_regions(user, [community.region.pk])
    community.soft_delete(user)


@transaction.atomic
def community_restore(*, user: Any, community_id: int) -> OBCCommunity:
    """Undo community_delete. Raises as community_update does."""
    community = _locked(OBCCommunity.all_objects, community_id)
    require_regions(user, [community.region.pk])
    return community.restore(user)


def _locked(rows: models.Manager, community_id: int) -> OBCCommunity:
    above = ("barangay__municipality__province", "barangay__municipality__region")
    return rows.select_related(*above).select_for_update(no_key=True, of=("self",)).get(pk=community_id)


def barangays_by_code(codes: list[str]) -> dict[str, Barangay]:
    """The barangays of all `codes` in one query; raises ValidationError naming those that there are not."""
    places = Barangay.objects.filter(psgc_code__in=set(codes)).select_related(
        "municipality__province", "municipality__region"
    )
    found = {place.psgc_code: place for place in places}
    if unknown := sorted(set(codes) - found.keys()):
        raise ValidationError(
            {"barangay": [f"No barangay has the PSGC code {code}." for code in unknown[:10]]}
        )
    return found
