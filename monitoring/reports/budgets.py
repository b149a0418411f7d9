"""What was promised and what was kept; the alerts' thresholds; the last runs of the gate."""

from __future__ import annotations

from typing import Final

from monitoring.budgets import valid_budgets
from monitoring.errors import BudgetError, NotFoundError
from monitoring.store.models import GateRun

from .operations import operations
from .shapes import BudgetReport, GateRunFigures
from .windows import Window

MAX_RUNS: Final = 20


def budgets(window: Window) -> BudgetReport:
    """Every operation that ran in the window. Faults of budgets.toml are told, and keep nothing else back."""
    try:
        thresholds, faults = list(valid_budgets().thresholds.values()), []
    except BudgetError as error:
        thresholds, faults = [], str(error).splitlines()
    return BudgetReport(operations(window, sort="broken"), thresholds, gate_runs(), faults)


def gate_runs() -> list[GateRunFigures]:
    """The last runs of the gate that were reported, the latest first."""
    return [figures(one) for one in GateRun.objects.defer("report").order_by("-at", "-id")[:MAX_RUNS]]


def gate_run(pk: int) -> GateRunFigures:
    """One run, with its report. Raises NotFoundError where there is none of that number."""
    found = GateRun.objects.filter(pk=pk).first()
    if found is None:
        raise NotFoundError(
            f"There is no gate run {pk} in the store; the page of budgets lists the last ones."
        )
    return figures(found, found.report)


def figures(one: GateRun, report: object = None) -> GateRunFigures:
    """A run as reports have it."""
    return GateRunFigures(
        one.pk, one.at, one.revision, one.base, one.branch, one.url, one.outcome, one.operations, one.broken,
        one.by, report,
    )  # fmt: skip
