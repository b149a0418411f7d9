"""System checks: what is wrong with the installation, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register

from .budgets import budgets
from .conf import conf
from .errors import BudgetError, ConfigurationError

MIDDLEWARE = "monitoring.middleware.RecorderMiddleware"


@register("tachograph")
def check_configuration(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:  # noqa: ARG001
    """TACHOGRAPH and budgets.toml can be read."""
    found: list[CheckMessage] = []
    try:
        conf()
        budgets()
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
