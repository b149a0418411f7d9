"""The plans of what is slow, made before anybody asks: who opens a query sees at once why."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from django.db import close_old_connections
from django.db.models import Exists, OuterRef, Sum
from django.utils import timezone

from ..conf import conf
from ..errors import NotFoundError
from ..store.models import Plan, QuerySample
from .explain import EVERY, explain

MOST: Final = 5


def wanting() -> list[str]:
    """Fingerprints of reads that were slow within the hour and have no plan: MOST, the costliest first."""
    since = timezone.now() - EVERY
    alias = conf().STORE_ALIAS
    lately = QuerySample.objects.using(alias).filter(at__gt=since, query__kind="read", query__muted_at=None)
    has_plan = Exists(Plan.objects.filter(query=OuterRef("query"), at__gt=since))
    costs = (
        lately.exclude(has_plan).values("query").annotate(cost=Sum("duration_s")).order_by("-cost", "query")
    )
    return [row["query"] for row in costs[:MOST]]


def explain_slow() -> None:
    """Explain what wants it."""
    close_old_connections()  # no request begins or ends in this thread, so nobody else does
    for fingerprint in wanting():
        with suppress(NotFoundError):  # pruned meanwhile
            explain(fingerprint)
    close_old_connections()
