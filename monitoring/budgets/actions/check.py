"""`budget check`: the gate."""

import argparse
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from monitoring.budgets.gate.catalogue import known_operations, needing_scenarios
from monitoring.budgets.gate.check import run_check, select
from monitoring.budgets.gate.entries import coverage_gaps, stale_entries
from monitoring.budgets.gate.output.as_json import to_json
from monitoring.budgets.gate.output.table import print_report
from monitoring.scenarios import Scenario

from .options import add_format, add_operation, required_budgets

NAME = "check"
HELP = "Runs the scenarios at 5 and at 50 rows and holds what they cost to budgets.toml."
EXAMPLES = """
  manage.py budget check                                     everything
  manage.py budget check --operation 'GET /api/cadets*'      some operations
  manage.py budget check --keepdb                            faster from the second run on
  manage.py budget check --format json > budget.json         for a program

It makes databases of its own (test_<name>_gate; the role needs CREATEDB), cache keys of its own and a
broker that goes nowhere, so it can run beside a running service. Each scenario is warmed up, its cache
emptied, and called.

A scenario stands in an app's scenarios.py:

  @scenario("GET /api/cadets", seed=seed_cadets)             # seed(n) makes n cadets
  def list_cadets(client, world):
      return client.get("/api/cadets")

Each operation of the OpenAPI schema and each Celery task needs one; [[exempt]] in budgets.toml excuses
five at most, each with a reason and an expiry.

Exit codes: 0 all kept; 1 a budget is broken or a count grows with the data; 2 configuration or usage.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    add_operation(parser)
    add_format(parser, "table", "json")
    parser.add_argument("--keepdb", action="store_true", help="keep the migrated database for the next run")


def run(options: dict[str, Any], console: Console) -> int:
    budgets = required_budgets()
    selected = select(options["operation"])
    known = known_operations()
    report = run_check(budgets, selected, keepdb=options["keepdb"], progress=_bar)
    report.problems += stale_entries(budgets, known)
    if not options["operation"]:
        report.problems += coverage_gaps(budgets, needing_scenarios(), known)
    if options["format"] == "json":
        console.print(to_json(report), highlight=False, markup=False, soft_wrap=True)
    else:
        print_report(report, console)
    return report.exit_code


def _bar(selected: Sequence[Scenario]) -> Iterable[Scenario]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=len(selected))
        for scenario in selected:
            progress.update(task, description=scenario.operation)
            yield scenario
            progress.advance(task)
