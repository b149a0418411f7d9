"""One run of the gate's deterministic tier over the selected scenarios."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from monitoring.budgets import Budgets
from monitoring.budgets.resolve import matches
from monitoring.errors import BudgetError
from monitoring.scenarios import Scenario, scenarios

from .environment import own_environment
from .measure import Measured, measure
from .verdict import Verdict, judge

PASSED, BREACHED, UNUSABLE, INCONCLUSIVE = 0, 1, 2, 3


@dataclass
class Report:
    """What a run found. `problems` are faults of the configuration or of a scenario, told as sentences."""

    verdicts: list[Verdict] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """2 with a problem, else 1 with a broken budget, else 0."""
        if self.problems:
            return UNUSABLE
        return BREACHED if any(verdict.failed for verdict in self.verdicts) else PASSED


Progress = Callable[[Sequence[Scenario]], Iterable[Scenario]]


def run_check(budgets: Budgets, selected: Sequence[Scenario], *, keepdb: bool, progress: Progress) -> Report:
    """Measure and judge each scenario. A scenario that fails is a problem; the others are measured still."""
    report = Report()
    with own_environment(keepdb=keepdb) as environment:
        for scenario in progress(selected):
            try:
                measured = measure(scenario, environment)
            except BudgetError as error:
                report.problems.append(str(error))
                continue
            if measured.operation_class not in budgets.classes:
                report.problems.append(_without_numbers(measured, budgets))
                continue
            report.verdicts.append(judge(measured, budgets.resolve(measured.name, measured.operation_class)))
    return report


def select(patterns: Sequence[str]) -> list[Scenario]:
    """The scenarios whose operation one of the patterns hits; all without a pattern.

    Raises BudgetError for a pattern that hits none, and where there is no scenario at all.
    """
    every = scenarios()
    if not every:
        raise BudgetError("There are no scenarios: declare them in the scenarios.py of your apps, see --help")
    for pattern in patterns:
        if not any(matches(pattern, name) for name in every):
            raise BudgetError(f"--operation {pattern!r} hits no scenario. There are: {', '.join(every)}")
    return [
        found
        for name, found in every.items()
        if not patterns or any(matches(pattern, name) for pattern in patterns)
    ]


def _without_numbers(measured: Measured, budgets: Budgets) -> str:
    name, operation_class = measured.name, measured.operation_class
    return (
        f"{name} declares the class {operation_class!r}, which budgets.toml has no numbers for: "
        f"take one of {', '.join(budgets.classes)}, or add [class.{operation_class}]"
    )
