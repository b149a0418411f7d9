"""Writing many communities in one transaction, each municipality and province synced once."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from rest_framework.exceptions import ValidationError

from communities.models import OBCCommunity
from communities.models.rollup import Touched
from communities.models.scope import coalesced_sync, touch
from geography.domain.access import require_regions

from .communities import barangays_by_code

BULK_MAX = 1_000
IMPORT_MAX = 10_000
NAMED = 10


@transaction.atomic
def communities_create(*, user: Any, rows: list[dict[str, Any]]) -> list[OBCCommunity]:
    """One community per row, each with a `barangay` (a PSGC code); all of them or none.

    Raises ValidationError for unknown codes, PermissionDenied outside the user's regions.
    """
    places = barangays_by_code([row["barangay"] for row in rows])
    require_regions(user, {place.municipality.region_id for place in places.values()})
    made = OBCCommunity.objects.bulk_create(
        OBCCommunity(**row | {"barangay": places[row["barangay"]]}, created_by=user, updated_by=user)
        for row in rows
    )
    with coalesced_sync():
        touch(Touched(barangays={place.pk for place in places.values()}))
    return made


@transaction.atomic
def communities_update(*, user: Any, changes: dict[int, dict[str, Any]]) -> list[OBCCommunity]:
    """`changes` by id, each with the fields it changes; all of them or none. Raises as communities_create."""
    rows = _locked(list(changes))
    places = barangays_by_code([change["barangay"] for change in changes.values() if "barangay" in change])
    regions = {row.barangay.municipality.region_id for row in rows}
    require_regions(user, regions | {place.municipality.region_id for place in places.values()})
    left = {row.barangay_id for row in rows}
    for row in rows:
        change = changes[row.pk]
        for name, value in change.items():
            setattr(row, name, places[value] if name == "barangay" else value)
        row.updated_by = user
    _write(rows, {name for change in changes.values() for name in change})
    with coalesced_sync():
        touch(Touched(barangays=left | {row.barangay_id for row in rows}))
    return rows


def _locked(ids: list[int]) -> list[OBCCommunity]:
    """Locked by id, so that two bulk writes wait for each other and never in a circle."""
    rows = OBCCommunity.objects.filter(pk__in=ids).order_by("pk").select_related("barangay__municipality")
    found = list(rows.select_for_update(no_key=True, of=("self",)))
    if missing := sorted(set(ids) - {row.pk for row in found})[:NAMED]:
        raise ValidationError({"id": [f"There is no community {number}." for number in missing]})
    return found


def _write(rows: list[OBCCommunity], names: set[str]) -> None:
    """One statement for the fields `names` of all rows; bulk_update's CASE per field and row is slow."""
    now = timezone.now()
    for row in rows:
        row.updated_at = now
    # In one order: the order of a set is each process' own, and so would the statement's fingerprint be.
    written = [*sorted(names), "updated_by", "updated_at"]
    OBCCommunity.objects.bulk_create(rows, update_conflicts=True, unique_fields=["id"], update_fields=written)
