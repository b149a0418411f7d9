"""System checks: what is wrong with the installation, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register

from . import cache_families
from .budgets import valid_budgets
from .conf import conf
from .errors import BudgetError, ConfigurationError
from .projections.django_prometheus import counts_caches, counts_databases, counts_http

MIDDLEWARE = "monitoring.middleware.RecorderMiddleware"


@register("tachograph")
def check_configuration(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:  # noqa: ARG001
    """TACHOGRAPH and budgets.toml can be read."""
    from .actions.audit import admin_rule  # noqa: PLC0415  (what only a check needs is not loaded at the start)

    found: list[CheckMessage] = []
    try:
        conf()
        admin_rule()
        valid_budgets()
        if cache_families.has_rule():
            cache_families.family("")
    except ConfigurationError as error:
        found.append(Error(str(error), id="tachograph.E001"))
    except BudgetError as error:
        found.append(Error(str(error), id="tachograph.E002"))
    return found


@register("tachograph")
def check_middleware(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:  # noqa: ARG001
    """The recorder stands outermost, so that it sees what other middleware costs and answers."""
    if list(settings.MIDDLEWARE[:1]) == [MIDDLEWARE]:
        return []
    hint = f"Make '{MIDDLEWARE}' the first entry of MIDDLEWARE."
    return [checks.Warning("Requests are not wholly recorded.", hint=hint, id="tachograph.W001")]


@register("tachograph")
def check_django_prometheus(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:  # noqa: ARG001
    """What django-prometheus counts itself is not served a second time under its names."""
    counted = {
        "middleware": counts_http(),
        "database backend": counts_databases(),
        "cache backend": counts_caches(),
    }
    parts = [part for part, is_counted in counted.items() if is_counted]
    if not parts:
        return []
    hint = "Remove them: Tachograph serves the same names from its own record, at a fraction of the cost."
    message = (
        f"django-prometheus' {' and '.join(parts)} counts what Tachograph counts; its names are left to it."
    )
    return [checks.Warning(message, hint=hint, id="tachograph.W002")]
