"""What people did that still stands: a reset of queries, sessions of silk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.apps import apps
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from ..actions.figures import UNDO
from ..store.models import Reset, SilkSession


@dataclass(frozen=True, slots=True)
class Standing:
    """A reset that queries count from."""

    id: int
    at: datetime
    by: str
    can_undo: bool


def reset() -> Standing | None:
    """The last one that was not undone."""
    found = Reset.objects.filter(undone_at=None).order_by("-at", "-id").first()
    if found is None:
        return None
    return Standing(found.pk, found.at, found.by, timezone.now() - found.at < UNDO)


def silk_sessions(operation: str) -> list[SilkSession] | None:
    """Those that record an operation now; None where silk is not installed."""
    if not apps.is_installed("silk"):
        return None
    return list(SilkSession.objects.filter(operation=operation, stopped_at=None).order_by("-started_at"))


def silk_url() -> str:
    """Where silk shows what it recorded; empty without its URLs."""
    try:
        return reverse("silk:requests")
    except NoReverseMatch:
        return ""
