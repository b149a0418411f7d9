"""Soft deletion and restoring of many rows: each unit is synced once, in a constant number of queries."""

from typing import Any

from django.db import models
from django.utils import timezone

from communities.models import OBCCommunity
from communities.models.rollup import Touched
from communities.models.scope import coalesced_sync, touch


def rows_soft_delete(*, user: Any, rows: models.QuerySet) -> int:
    """Take communities, or coverages of one kind, out of every list and sum; returns how many were there."""
    return _write(rows.filter(deleted_at__isnull=True), user, deleted_at=timezone.now(), deleted_by=user)


def rows_restore(*, user: Any, rows: models.QuerySet) -> int:
    """Bring them back, summed afresh; returns how many had been deleted."""
    return _write(rows.filter(deleted_at__isnull=False), user, deleted_at=None, deleted_by=None)


def _write(rows: models.QuerySet, user: Any, **values: Any) -> int:
    model = rows.model
    with coalesced_sync():
        if model is OBCCommunity:
            locked = rows.order_by("pk").select_for_update(no_key=True, of=("self",))
            found = dict(locked.values_list("pk", "barangay_id"))
            touch(Touched(barangays=set(found.values())))
        else:
            found = dict(rows.values_list("pk", model.UNIT))
            model.lock_units(found.values())
            touch(model.touched_by(found.values()))
        changes = values | {"updated_by": user, "updated_at": timezone.now()}
        return model.all_objects.filter(pk__in=found).update(**changes)
