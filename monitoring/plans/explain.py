"""The plan of a stored query: made when it is asked for, kept, and shown again for an hour."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Final

from django.db import DatabaseError, connections, transaction
from django.db.models import Sum
from django.utils import timezone

from ..conf import conf
from ..errors import NotFoundError, PlanError
from ..saturation.own_connection import own_cursor
from ..store.models import Level, Plan, Query, QueryPeriod
from .examine import Examined, examine
from .findings import Stored
from .prepared import message, plan_generically

EVERY: Final = timedelta(hours=1)
# Over which the mean number of rows is taken.
LATELY: Final = timedelta(days=1)
STATEMENT_TIMEOUT_MS: Final = 3_000
LOCK_TIMEOUT_MS: Final = 500
_TURN: Final = "SELECT pg_advisory_xact_lock(hashtext('tachograph_plan'), hashtext(%s))"


def explain(fingerprint: str, *, force: bool = False) -> Plan:
    """The plan of a stored query, not older than an hour, or made anew with `force`.

    Where there can be none, `error` of the answer says why, and what to do.
    Raises NotFoundError for a fingerprint that is not in the store.
    """
    alias = conf().STORE_ALIAS
    with transaction.atomic(using=alias):
        _wait_for_turn(alias, fingerprint)
        query = Query.objects.using(alias).filter(pk=fingerprint).first()
        if query is None:
            raise NotFoundError(
                f"There is no query {fingerprint} in the store: take one from the list of queries."
            )
        if not force and (known := _lately(alias, query)) is not None:
            return known
        plan = _plan(query, _stored(alias, query))
        plan.save(using=alias)
        return plan


def _wait_for_turn(alias: str, fingerprint: str) -> None:
    """Of two that ask at once the second finds the first one's plan."""
    with connections[alias].cursor() as cursor:
        cursor.execute(_TURN, [fingerprint])


def _lately(alias: str, query: Query) -> Plan | None:
    since = timezone.now() - EVERY
    return Plan.objects.using(alias).filter(query=query, at__gt=since).order_by("-at").first()


def _stored(alias: str, query: Query) -> Stored | None:
    """Mean rows of the last day. A run in a nested operation stands in the outer one's row, too."""
    sums = QueryPeriod.objects.using(alias).filter(
        query=query, level=Level.HOUR, start__gt=timezone.now() - LATELY, nested=False
    ).aggregate(runs=Sum("runs"), rows=Sum("rows"))  # fmt: skip
    return Stored(sums["runs"], sums["rows"] / sums["runs"]) if sums["runs"] else None


def _plan(query: Query, stored: Stored | None) -> Plan:
    plan = Plan(query=query, at=timezone.now())
    try:
        examined = _examined(query, stored)
    except PlanError as error:
        plan.error = str(error)
        return plan
    plan.plan = examined.plan
    plan.total_cost = examined.root.cost
    plan.findings = [asdict(finding) for finding in examined.findings]
    plan.advice = [asdict(advice) for advice in examined.advice]
    return plan


def _examined(query: Query, stored: Stored | None) -> Examined:
    if query.alias not in connections or connections[query.alias].vendor != "postgresql":
        raise PlanError(f"Only PostgreSQL's plans are read, and {query.alias!r} in DATABASES is none.")
    try:
        with own_cursor(query.alias, statement_timeout_ms=STATEMENT_TIMEOUT_MS) as cursor:
            plan_generically(cursor, lock_timeout_ms=LOCK_TIMEOUT_MS)
            return examine(cursor, query.sql, stored)
    except DatabaseError as error:
        raise PlanError(f"PostgreSQL gave no plan: {message(error)}. Try again when it is well.") from error
