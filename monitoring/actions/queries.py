"""What is said and asked about one query."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from monitoring import plans
from monitoring.errors import ActionError, NotFoundError
from monitoring.store.models import Acknowledgement, Plan, Query, QueryPeriod

from .audit import audited, name_of


def acknowledge(
    *, user: Any, fingerprint: str, location: int | None = None, note: str = "", request_id: str = ""
) -> list[Acknowledgement]:
    """Say that the query is known, from one place (a Location's number) or from all that it comes from.

    It stands until the query is slow again after a quiet hour. Said again, it stands anew.
    """
    with audited(user, "acknowledge_query", "acknowledge", fingerprint, request_id=request_id) as entry:
        _find(fingerprint)
        places = _places(fingerprint, location)
        entry.detail = {"places": places, "note": note}
        rows = [
            Acknowledgement(query_id=fingerprint, location_id=place, at=entry.at, by=name_of(user), note=note)
            for place in places
        ]
        return Acknowledgement.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["query", "location"],
            update_fields=["at", "by", "note", "reopened_at"],
        )


def mute(*, user: Any, fingerprint: str, request_id: str = "") -> Query:
    """Leave the query out of what needs attention, until it is unmuted. Who muted it first stands."""
    with audited(user, "mute_query", "mute", fingerprint, request_id=request_id):
        query = _find(fingerprint)
        if query.muted_at is None:
            query.muted_at, query.muted_by = timezone.now(), name_of(user)
            query.save(update_fields=["muted_at", "muted_by"])
        return query


def unmute(*, user: Any, fingerprint: str, request_id: str = "") -> Query:
    """Take a mute back."""
    with audited(user, "mute_query", "unmute", fingerprint, request_id=request_id):
        query = _find(fingerprint)
        query.muted_at, query.muted_by = None, ""
        query.save(update_fields=["muted_at", "muted_by"])
        return query


def explain(*, user: Any, fingerprint: str, force: bool = False, request_id: str = "") -> Plan:
    """The query's plan: the last one, if it is younger than an hour and not `force`, else a new one."""
    with audited(user, "explain_query", "explain", fingerprint, request_id=request_id, force=force):
        return plans.explain(fingerprint, force=force)


def _find(fingerprint: str) -> Query:
    query = Query.objects.filter(fingerprint=fingerprint).first()
    if query is None:
        raise NotFoundError(
            f"There is no query {fingerprint} in the store: take one from the list of queries."
        )
    return query


def _places(fingerprint: str, location: int | None) -> list[int]:
    """The places that are meant. Raises ActionError where the query never came from there."""
    periods = QueryPeriod.objects.filter(query_id=fingerprint)
    if location is not None:
        periods = periods.filter(location_id=location)
    found = sorted(periods.order_by().values_list("location_id", flat=True).distinct())
    if not found:
        place = f"place {location}" if location is not None else "any place that is still stored"
        raise ActionError(f"The query {fingerprint} did not come from {place}: its page lists where from.")
    return found
