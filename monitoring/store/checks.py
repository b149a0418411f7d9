"""System checks of the store: whether it can work, and what to do where it cannot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Info, register
from django.db import DEFAULT_DB_ALIAS, connections
from django.utils.module_loading import import_string

from ..conf import conf
from ..errors import ConfigurationError
from .retention import retention
from .router import StoreRouter

HOUR_S: Final = 3_600


@register("tachograph")
def check_store(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:  # noqa: ARG001
    """The store's settings can be read, its database is PostgreSQL, its tables are routed to it."""
    try:
        alias, wanted = conf().STORE_ALIAS, conf().STORE
        retention()
        _check_interval(conf().STORE_INTERVAL)
    except ConfigurationError as error:
        return [Error(str(error), id="tachograph.E003")]
    if not wanted:
        return []
    if alias not in connections:
        known = ", ".join(connections)
        message = f"TACHOGRAPH['STORE_ALIAS'] is {alias!r}, which DATABASES does not have. It has: {known}."
        return [Error(message, id="tachograph.E004")]
    if connections[alias].vendor != "postgresql":
        message = f"The store is off: the database {alias!r} is {connections[alias].display_name}."
        hint = (
            "Name a PostgreSQL database in TACHOGRAPH['STORE_ALIAS'], or set TACHOGRAPH['STORE'] to False. "
            "/metrics works without it."
        )
        return [Info(message, hint=hint, id="tachograph.I001")]
    return [] if alias == DEFAULT_DB_ALIAS or _is_routed() else [_not_routed(alias)]


def _check_interval(seconds: object) -> None:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= HOUR_S:
        raise ConfigurationError(
            f"TACHOGRAPH['STORE_INTERVAL'] is {seconds!r}: give seconds, up to {HOUR_S}."
        )


def _is_routed() -> bool:
    given = (import_string(one) if isinstance(one, str) else type(one) for one in settings.DATABASE_ROUTERS)
    return any(issubclass(one, StoreRouter) for one in given)


def _not_routed(alias: str) -> CheckMessage:
    return checks.Warning(
        f"The store writes to the database {alias!r}, but its tables are made in the default one.",
        hint="Add 'monitoring.store.router.StoreRouter' to DATABASE_ROUTERS.",
        id="tachograph.W003",
    )
