"""Counting queries from now, and taking that back within the hour."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connections, router
from django.utils import timezone

from monitoring.errors import ActionError, NotFoundError
from monitoring.store.batch import QUERY_COUNTS, QUERY_SECONDS
from monitoring.store.models import QueryPeriod, Reset
from monitoring.store.statements import added

from .audit import audited, name_of

UNDO: Final = timedelta(hours=1)
_SUMS: Final = (*QUERY_COUNTS, *QUERY_SECONDS)
# Writers wait for these milliseconds: rows that move cannot be added to.
_LOCK: Final = "LOCK TABLE tachograph_query_period IN SHARE ROW EXCLUSIVE MODE"
# Figures are by the minute, and a reset comes within one: what ran in it before is moved to the minute
# before, and so is that of the hour and the day that begin with it.
_MOVE: Final = f"""
WITH gone AS (
    DELETE FROM tachograph_query_period WHERE start = %(minute)s
    RETURNING level, date_trunc(
        CASE level WHEN 1 THEN 'minute' WHEN 2 THEN 'hour' ELSE 'day' END,
        start - interval '1 minute', 'UTC') AS start,
        query_id, location_id, operation_id, nested, bounds_id, duration_max_s, histogram, {", ".join(_SUMS)}
)
INSERT INTO tachograph_query_period AS kept (level, start, query_id, location_id, operation_id, nested,
    bounds_id, duration_max_s, histogram, {", ".join(_SUMS)})
SELECT * FROM gone
ON CONFLICT (level, start, query_id, location_id, operation_id, nested, bounds_id) DO UPDATE SET
    {added(_SUMS, has_histogram=True)}
"""  # noqa: S608  (names of columns, all of them ours)


def reset(*, user: Any, request_id: str = "") -> Reset:
    """Count the figures of queries from now. Nothing is deleted; histories stay whole.

    What a process has not yet written (TACHOGRAPH["STORE_INTERVAL"] seconds) counts as after it.
    """
    with audited(user, "reset_figures", "reset", request_id=request_id) as entry:
        now = timezone.now()
        _move(now.replace(second=0, microsecond=0))
        made = Reset.objects.create(at=now, by=name_of(user))
        entry.target = str(made.pk)
        return made


def undo_reset(*, user: Any, reset: int | None = None, request_id: str = "") -> Reset:
    """Take a reset back: the last one, or that of this number. Twice is once.

    Raises NotFoundError where there is none, ActionError when it is over an hour old.
    """
    with audited(user, "reset_figures", "undo_reset", request_id=request_id) as entry:
        made = _find(reset)
        entry.target = str(made.pk)
        if made.undone_at is not None:
            return made
        now = timezone.now()
        if now - made.at > UNDO:
            raise ActionError(
                f"The reset of {made.at:%Y-%m-%d %H:%M} UTC is over an hour old and stands: "
                "a query's history still shows what was before it."
            )
        made.undone_at = now
        made.save(update_fields=["undone_at"])
        return made


def _find(number: int | None) -> Reset:
    resets = Reset.objects.select_for_update().order_by("-at", "-id")
    found = resets.filter(undone_at=None).first() if number is None else resets.filter(pk=number).first()
    if found is None:
        which = "that stands" if number is None else str(number)
        raise NotFoundError(f"There is no reset {which}: figures count from the beginning of the window.")
    return found


def _move(minute: datetime) -> None:
    with connections[router.db_for_write(QueryPeriod)].cursor() as cursor:
        cursor.execute(_LOCK)
        cursor.execute(_MOVE, {"minute": minute})
