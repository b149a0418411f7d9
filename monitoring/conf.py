"""Every setting of the recorder, read here and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed
from django.db import DEFAULT_DB_ALIAS

from .errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Configuration:
    """The keys of `settings.TACHOGRAPH`, all optional.

    ENABLED: False leaves every instrument uninstalled.
    DIRECTORY: where the processes of one project share their figures; the environment's TACHOGRAPH_DIR
        comes before it. None derives a private folder in shared memory from the project's path and the user.
    BUDGETS: path of budgets.toml, or None for no budgets.
    MAX_OPERATIONS: operation names per kind; what comes later is folded into `_other`.
    METRICS_TOKEN: the bearer token of /metrics; the environment's METRICS_TOKEN comes before it.
    METRICS_ALLOW: networks (CIDR) that may scrape without a token.
    READINESS_CACHE: the cache alias that /readyz tries.
    TRACE_SAMPLE: the share of operations whose steps are kept for a trace, 0 to 1. Counts are always exact.
    CACHE_FAMILIES: a regular expression with one group, matched from the beginning of a cache key; the group
        is the key's family, as in r"([a-z]+:[a-z]+)". Empty: no families.
    RAISE_FAULTS: True raises a fault of the recorder instead of counting it. For tests.
    CONSOLE_PERMISSION: who has it, and is staff, may see the console.
    STORE: False keeps no figures in the database; the environment's TACHOGRAPH_STORE (0 or 1) comes
        before it.
    STORE_ALIAS: the database that they are kept in, a PostgreSQL; with monitoring.store.router.StoreRouter
        where it is not the default one.
    STORE_INTERVAL: seconds between two writings.
    STORE_RETENTION: how long figures are kept, by `minute`, `hour` and `day`, and `samples` and `traces`:
        timedeltas or seconds. What is left out keeps its default (monitoring/store/retention.py).
    EXPLAIN: False makes the plan of a slow query only when somebody asks for it.
    SENTRY_DSN: where errors and findings are sent to, as Sentry gives it. Empty: sentry_sdk is not imported.
    IS_ADMIN: dotted path of a callable(user) that says who may use the system API. Empty: superusers.
    SCENARIO_CLIENT: dotted path of a callable(role) that gives the budget gate its test client.
    """

    ENABLED: bool = True
    DIRECTORY: str | Path | None = None
    BUDGETS: str | Path | None = None
    MAX_OPERATIONS: int = 500
    METRICS_TOKEN: str = ""
    METRICS_ALLOW: tuple[str, ...] = ()
    READINESS_CACHE: str = "default"
    TRACE_SAMPLE: float = 1.0
    CACHE_FAMILIES: str = ""
    RAISE_FAULTS: bool = False
    CONSOLE_PERMISSION: str = "tachograph.view_console"
    STORE: bool = True
    STORE_ALIAS: str = DEFAULT_DB_ALIAS
    STORE_INTERVAL: float = 5.0
    STORE_RETENTION: Mapping[str, timedelta | float] = field(default_factory=dict)
    EXPLAIN: bool = True
    SENTRY_DSN: str = ""
    IS_ADMIN: str = ""
    SCENARIO_CLIENT: str = ""


KEYS = frozenset(field.name for field in fields(Configuration))


@lru_cache(maxsize=1)
def conf() -> Configuration:
    """The configuration in force. Raises ConfigurationError for a key that does not exist."""
    given: dict[str, Any] = dict(getattr(settings, "TACHOGRAPH", {}))
    if unknown := sorted(given.keys() - KEYS):
        raise ConfigurationError(
            f"TACHOGRAPH has no setting {', '.join(unknown)}. It knows: {', '.join(sorted(KEYS))}."
        )
    for key, variable in (("DIRECTORY", "TACHOGRAPH_DIR"), ("METRICS_TOKEN", "METRICS_TOKEN")):
        if value := os.environ.get(variable):
            given[key] = value
    if wanted := os.environ.get("TACHOGRAPH_STORE"):
        given["STORE"] = wanted == "1"
    return Configuration(**given)


def _forget(*, setting: str, **_: Any) -> None:
    if setting == "TACHOGRAPH":
        conf.cache_clear()


setting_changed.connect(_forget)
