"""Performance budgets: declared once in budgets.toml, used by the gate, the rules, dashboards and console."""

import logging
from functools import cache
from pathlib import Path
from typing import Any

from django.core.signals import setting_changed
from django.dispatch import receiver

from monitoring.conf import conf
from monitoring.errors import BudgetError

from .load import load
from .model import Budget, Level, Links, Recording, Regression, Rule, Slo, Threshold
from .resolve import Budgets

__all__ = [
    "Budget",
    "Budgets",
    "Level",
    "Links",
    "Recording",
    "Regression",
    "Rule",
    "Slo",
    "Threshold",
    "budgets",
    "load",
    "valid_budgets",
]

logger = logging.getLogger("tachograph.recorder")


@cache
def budgets() -> Budgets:
    """The project's budgets, read once: what `valid_budgets` gives, without examining a file that is known.

    A file that is not valid is logged once and no budgets: it must not keep a service from answering.
    """
    try:
        return _read(again=False)
    except BudgetError as error:
        logger.error("No budget is in force: %s", error)
        return Budgets()


def valid_budgets() -> Budgets:
    """The budgets of the file that TACHOGRAPH["BUDGETS"] names, read now.

    Without the setting or the file: no limits and the default recording. Raises BudgetError when the
    file is there and not valid.
    """
    return _read(again=True)


def _read(*, again: bool) -> Budgets:
    configured = conf().BUDGETS
    path = Path(configured) if configured else None
    return load(path, again=again) if path is not None and path.exists() else Budgets()


@receiver(setting_changed)
def _forget(*, setting: str, **_: Any) -> None:
    if setting == "TACHOGRAPH":
        budgets.cache_clear()
