"""Runs of the budget gate, as CI jobs report them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from monitoring.budgets.gate.exit_codes import BREACHED, INCONCLUSIVE, PASSED, UNUSABLE
from monitoring.errors import ActionError
from monitoring.store.models import GateRun

from .audit import audited, name_of

_OUTCOMES = {
    PASSED: GateRun.Outcome.PASSED,
    BREACHED: GateRun.Outcome.BROKEN,
    UNUSABLE: GateRun.Outcome.BROKEN,
    INCONCLUSIVE: GateRun.Outcome.INCONCLUSIVE,
}


@dataclass(frozen=True, slots=True)
class GateReport:
    """What a CI job says: `report` is what `budget check --format json` wrote; `url` is the job's page."""

    revision: str
    report: Mapping[str, Any]
    base: str = ""
    branch: str = ""
    url: str = ""

    @property
    def outcome(self) -> GateRun.Outcome:
        """By the gate's exit code. Raises ActionError for one that the gate does not have."""
        code = self.report.get("exit_code")
        if not isinstance(code, int) or isinstance(code, bool) or code not in _OUTCOMES:
            raise ActionError(
                f"The report's exit_code is {code!r}: send what `budget check --format json` wrote."
            )
        return _OUTCOMES[code]

    @property
    def operations(self) -> set[str]:
        """The operations that were held to their budgets."""
        return {_name(item) for item in self._items()}

    @property
    def broken(self) -> set[str]:
        """Those of them that broke it."""
        return {_name(item) for item in self._items() if item.get("failed")}

    def _items(self) -> Iterable[Mapping[str, Any]]:
        for part in ("operations", "comparisons", "observed"):
            listed = self.report.get(part, [])
            if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
                raise ActionError(f"The report's {part!r} is no list of objects: send what the gate wrote.")
            yield from listed


def _name(item: Mapping[str, Any]) -> str:
    return str(item.get("operation", ""))


def report_gate_run(*, user: Any, run: GateReport, request_id: str = "") -> GateRun:
    """Keep a run of the gate for the console. Sent again, with all that it says, it is kept once."""
    with audited(user, "", "gate_run", run.revision, request_id=request_id):
        same = {"revision": run.revision, "base": run.base, "branch": run.branch, "url": run.url}
        found = GateRun.objects.filter(**same, report=run.report).first()
        if found is not None:
            return found
        return GateRun.objects.create(
            **same,
            at=timezone.now(),
            outcome=run.outcome,
            operations=len(run.operations),
            broken=len(run.broken),
            report=run.report,
            by=name_of(user),
        )
