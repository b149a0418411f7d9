"""Grafana's dashboards from budgets.toml. Needs the Grafana Foundation SDK, which nothing else does."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Final

from monitoring.errors import BudgetError

from ..resolve import Budgets

FOLDER: Final = Path("grafana/dashboards")
SDK: Final = "grafana-foundation-sdk==0.0.21"


def render(budgets: Budgets) -> dict[Path, str]:
    """The dashboards' files, by their path from the folder of budgets.toml.

    Raises BudgetError where the SDK is not installed.
    """
    if find_spec("grafana_foundation_sdk") is None:
        raise BudgetError(f"dashboards are made with the Grafana Foundation SDK: pip install {SDK}")
    from .classic import to_json  # noqa: PLC0415
    from .endpoint import endpoint  # noqa: PLC0415
    from .overview import overview  # noqa: PLC0415
    from .recorder import recorder  # noqa: PLC0415
    from .sql import sql  # noqa: PLC0415
    from .sync import sync  # noqa: PLC0415

    dashboards = (overview(budgets), endpoint(), sql(budgets), sync(budgets), recorder(budgets))
    return {
        FOLDER / f"{dashboard.uid.removeprefix('tachograph-')}.json": to_json(dashboard, budgets.links)
        for dashboard in dashboards
    }
