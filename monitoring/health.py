"""GET /healthz and /readyz: is the process alive; are the parts that it needs ready."""

from __future__ import annotations

import logging
from collections.abc import Callable
from secrets import token_hex

from django.core.cache import caches
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from .conf import conf

logger = logging.getLogger("tachograph.health")


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """200 as long as the process answers."""
    return JsonResponse({"status": "ok"})


def _database() -> str | None:
    for connection in connections.all():
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    return None


def _cache() -> str | None:
    key, value = f"tachograph:ready:{token_hex(4)}", token_hex(4)
    cache = caches[conf().READINESS_CACHE]
    cache.set(key, value, timeout=10)
    if cache.get(key) != value:
        return "did not give back what it was given"
    cache.delete(key)
    return None


_migrated: set[str] = set()


def _migrations() -> str | None:
    """Asked until they are all applied; a process that saw that does not ask again."""
    for alias in connections:
        if alias in _migrated:
            continue
        executor = MigrationExecutor(connections[alias])
        if plan := executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return f"{len(plan)} not applied to {alias}: run manage.py migrate"
        _migrated.add(alias)
    return None


CHECKS: dict[str, Callable[[], str | None]] = {
    "database": _database,
    "cache": _cache,
    "migrations": _migrations,
}


def _state(part: str, check: Callable[[], str | None]) -> str:
    try:
        return check() or "ok"
    except Exception as error:  # noqa: BLE001  (whatever is wrong with it, the part is down)
        # The text may hold addresses and user names: it goes to the log, not to whoever asks.
        logger.warning("%s is not ready: %s", part, error)
        return f"down ({type(error).__name__})"


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """200 when database, cache and migrations are ready; else 503, and each part's state."""
    parts = {part: _state(part, check) for part, check in CHECKS.items()}
    is_ready = all(state == "ok" for state in parts.values())
    return JsonResponse(
        {"status": "ok" if is_ready else "unavailable", "parts": parts}, status=200 if is_ready else 503
    )
