"""Performance budgets: declared once in budgets.toml, used by the gate, the rules, dashboards and console."""

from functools import cache
from pathlib import Path
from typing import Any

from django.core.signals import setting_changed
from django.dispatch import receiver

from monitoring.conf import conf

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
]


@cache
def budgets() -> Budgets:
    """The project's budgets, read once from the file that TACHOGRAPH["BUDGETS"] names.

    Without the setting or the file: no limits and the default recording. Raises BudgetError when the
    file is there and not valid.
    """
    configured = conf().BUDGETS
    path = Path(configured) if configured else None
    return load(path) if path is not None and path.exists() else Budgets()


@receiver(setting_changed)
def _forget(*, setting: str, **_: Any) -> None:
    if setting == "TACHOGRAPH":
        budgets.cache_clear()
