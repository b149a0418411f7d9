"""`budget selftest`: is the gate itself to be trusted on this machine?"""

import argparse
import sys
from collections import Counter
from typing import Any

from rich.console import Console
from rich.table import Table

from monitoring.budgets import Budget, Budgets
from monitoring.budgets.gate.check import select
from monitoring.budgets.gate.environment import Environment, own_environment
from monitoring.budgets.gate.exit_codes import BREACHED, PASSED
from monitoring.budgets.gate.measure import Measured, measure
from monitoring.budgets.gate.selftest import Trial, extra_queries, same_against_same, slowdowns
from monitoring.budgets.gate.workers import started
from monitoring.errors import BudgetError
from monitoring.scenarios import Scenario

from .options import add_keepdb, add_operation, counted, required_budgets, tell

NAME = "selftest"
HELP = "Proves the gate on this machine: how often it cries wolf, and whether it sees a wolf."
EXAMPLES = """
  manage.py budget selftest                                  three operations, 20 runs each
  manage.py budget selftest --runs 5                         sooner done, less sure
  manage.py budget selftest --operation 'GET /api/cadets'    this one

It compares the tree with itself, which must raise no alarm; then it plants a slowdown in Python, one in SQL
(each twice what relative.max_ratio allows: 20 % over 1.10) and an extra query, and each must be caught.

Exit codes: 0 all right; 1 an alarm was false or missing; 2 configuration or usage.
"""
OPERATIONS = 3


def arguments(parser: argparse.ArgumentParser) -> None:
    add_operation(parser)
    add_keepdb(parser)
    parser.add_argument(
        "--runs", type=_positive, default=20, help="comparisons of each operation with itself"
    )


def run(options: dict[str, Any], console: Console) -> int:
    budgets = required_budgets()
    selected = select(options["operation"])
    with own_environment(keepdb=options["keepdb"]) as environment:
        chosen = _choose(selected, environment, budgets, everything=bool(options["operation"]))
        scenarios = [scenario for scenario, _ in chosen]
        tell(f"On {', '.join(scenario.operation for scenario in scenarios)}")
        trials = list(counted(extra_queries(scenarios, environment), 2 * len(scenarios), "an extra query"))
        limits = {scenario.operation: budget for scenario, budget in chosen}
        trials += _compared(limits, budgets, environment, options["runs"])
    console.print(_table(trials))
    for trial in trials:
        if not trial.is_right:
            what = "false alarm" if trial.alarmed else f"missed {trial.planted}"
            console.print(f"{what}  {trial.operation}  {trial.detail}", highlight=False, markup=False)
    return PASSED if all(trial.is_right for trial in trials) else BREACHED


def _compared(
    limits: dict[str, Budget], budgets: Budgets, environment: Environment, runs: int
) -> list[Trial]:
    assert budgets.path is not None
    root, templates = budgets.path.resolve().parent, environment.templates
    environment.release()
    with (
        started("base", root, sys.executable, templates, root) as base,
        started("head", root, sys.executable, templates, root) as head,
    ):
        same = same_against_same(base, head, limits, runs)
        trials = list(counted(same, runs * len(limits), "nothing changed"))
        return trials + list(counted(slowdowns(base, head, limits), 2 * len(limits), "slowdowns"))


def _choose(
    selected: list[Scenario], environment: Environment, budgets: Budgets, *, everything: bool
) -> list[tuple[Scenario, Budget]]:
    """Operations that query: those that were asked for, or the first of each class until there are three."""
    chosen: dict[str, tuple[Scenario, Budget]] = {}
    for scenario in selected:
        measured: Measured = measure(scenario, environment)
        key = scenario.operation if everything else measured.operation_class
        if measured.large.cold.queries and key not in chosen:
            chosen[key] = scenario, budgets.resolve(scenario.operation, measured.operation_class)
        if len(chosen) == OPERATIONS and not everything:
            break
    if not chosen:
        raise BudgetError("None of these operations runs a query: choose others with --operation")
    return list(chosen.values())


def _table(trials: list[Trial]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("planted")
    for heading in ("trials", "alarms", "right"):
        table.add_column(heading, justify="right")
    number = Counter(trial.planted for trial in trials)
    alarms = Counter(trial.planted for trial in trials if trial.alarmed)
    right = Counter(trial.planted for trial in trials if trial.is_right)
    for planted in number:
        share = f"{right[planted] / number[planted]:.1%}"
        table.add_row(planted, str(number[planted]), str(alarms[planted]), share)
    return table


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("take 1 or more")
    return number
