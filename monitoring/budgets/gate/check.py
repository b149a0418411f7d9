"""One run of the gate's deterministic tier over the selected scenarios."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from monitoring.budgets import Budgets
from monitoring.budgets.resolve import matches
from monitoring.errors import BudgetError
from monitoring.scenarios import Scenario, scenarios

from .absolute import absolute
from .against import Compared
from .canary import Observed
from .environment import Environment
from .exit_codes import BREACHED, INCONCLUSIVE, PASSED, UNUSABLE
from .measure import LARGE, SMALL, Measured, Sample, sample
from .pins import Pins
from .verdict import Verdict, judge


@dataclass
class Report:
    """What a run found. `problems` are faults of the configuration or of a scenario, told as sentences."""

    verdicts: list[Verdict] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    comparisons: list[Compared] = field(default_factory=list)
    observed: list[Observed] = field(default_factory=list)
    is_strict: bool = False

    @property
    def exit_code(self) -> int:
        """2 with a problem, else 1 with a broken budget, else 3 if strict and inconclusive, else 0."""
        if self.problems:
            return UNUSABLE
        if self.broken:
            return BREACHED
        return INCONCLUSIVE if self.is_strict and self._is_inconclusive else PASSED

    @property
    def _is_inconclusive(self) -> bool:
        """A comparison did not come to an end, or a deployment had too little traffic everywhere."""
        too_little = bool(self.observed) and not any(item.is_judged for item in self.observed)
        return too_little or any(item.comparison.outcome == "inconclusive" for item in self.comparisons)

    @property
    def held(self) -> list[Verdict | Observed]:
        """Every operation that was held to its budget."""
        return [*self.verdicts, *(item for item in self.observed if item.is_judged)]

    @property
    def broken(self) -> set[str]:
        """The operations with a breach that is an error."""
        verdicts = {verdict.measured.name for verdict in self.verdicts if verdict.failed}
        verdicts |= {item.operation for item in self.observed if item.failed}
        return verdicts | {compared.comparison.operation for compared in self.comparisons if compared.failed}


# A scenario at a size, and how the list of them is gone through.
Step = tuple[Scenario, int]
Progress = Callable[[Sequence[Step]], Iterable[Step]]


def measure_all(
    selected: Sequence[Scenario], environment: Environment, progress: Progress
) -> tuple[list[Measured], list[str]]:
    """What each scenario cost, and what kept the others from being measured, as sentences."""
    # Those that share a seed come one after the other.
    ordered = sorted(selected, key=_by_seed)
    samples: dict[Step, Sample] = {}
    problems: dict[str, str] = {}
    for scenario, size in progress([(scenario, size) for size in (SMALL, LARGE) for scenario in ordered]):
        if scenario.operation in problems:
            continue
        try:
            samples[scenario, size] = sample(scenario, environment, size)
        except BudgetError as error:
            problems[scenario.operation] = str(error)
    measured = [
        Measured(scenario, samples[scenario, SMALL], samples[scenario, LARGE])
        for scenario in selected
        if scenario.operation not in problems
    ]
    return measured, list(problems.values())


def _by_seed(scenario: Scenario) -> tuple[bool, str, int]:
    return not scenario.reads, scenario.seed.__module__, id(scenario.seed)


def judge_all(
    budgets: Budgets, measured: Iterable[Measured], problems: Iterable[str], *, is_dedicated: bool
) -> Report:
    """Hold each measurement to its budget. Milliseconds are only a hint unless the machine is dedicated."""
    report = Report(problems=list(problems))
    pins = Pins.beside(budgets.path) if budgets.path is not None else Pins()
    for item in measured:
        if item.operation_class in budgets.classes:
            budget = budgets.resolve(item.name, item.operation_class)
            verdict = judge(item, budget, budgets.pinned.get(item.name), pins)
            missed = absolute(item, budget, is_dedicated=is_dedicated)
            report.verdicts.append(replace(verdict, findings=(*verdict.findings, *missed)))
        else:
            report.problems.append(_without_numbers(item, budgets))
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
