"""`budget update`: pins what the operations cost now, for a reviewer to see."""

import argparse
from typing import Any

from rich.console import Console

from monitoring.budgets.edit import Change, apply, changes
from monitoring.budgets.gate.catalogue import known_operations
from monitoring.budgets.gate.check import measure_all, select
from monitoring.budgets.gate.environment import own_environment
from monitoring.budgets.gate.exit_codes import BREACHED, PASSED, UNUSABLE
from monitoring.budgets.gate.pins import Pins, lock_path

from .options import add_keepdb, add_operation, bar, required_budgets

NAME = "update"
HELP = "Measures the scenarios and pins their query counts in budgets.toml. Never loosens one by itself."
EXAMPLES = """
  manage.py budget update                                    pins what is fewer than before, and what is new
  manage.py budget update --operation 'POST /api/cadets'     one operation
  manage.py budget update --allow-looser                     also what is more: say why in the commit

Writes [pinned] and keeps the rest of budgets.toml as it is, comments too; and budgets.lock.json beside it, by
which a breach tells which statements came and which went. Budgets themselves are changed by hand.

Exit codes: 0 done; 1 something would be looser, and nothing of it was written; 2 configuration or usage.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    add_operation(parser)
    add_keepdb(parser)
    parser.add_argument(
        "--allow-looser", action="store_true", help="also pin counts over the budget in force"
    )


def run(options: dict[str, Any], console: Console) -> int:
    budgets = required_budgets()
    assert budgets.path is not None
    selected = select(options["operation"])
    with own_environment(keepdb=options["keepdb"]) as environment:
        measured, problems = measure_all(selected, environment, bar)
    for problem in problems:
        console.print(f"problem  {problem}", style="red", highlight=False, markup=False)
    wanted = changes(budgets, measured)
    refused = [change for change in wanted if change.is_looser and not options["allow_looser"]]
    accepted = [change for change in wanted if change not in refused]
    apply(budgets.path, accepted)
    untouched = {change.operation for change in refused}
    pinned = [item for item in measured if item.name not in untouched]
    Pins.beside(budgets.path).updated(pinned, known_operations()).write(budgets.path)
    for change in (*accepted, *refused):
        console.print(_told(change, is_refused=change in refused), highlight=False, markup=False)
    console.print(
        f"{len(accepted)} counts pinned in {budgets.path.name}, see also {lock_path(budgets.path).name}"
    )
    if problems:
        return UNUSABLE
    return BREACHED if refused else PASSED


def _told(change: Change, *, is_refused: bool) -> str:
    before = "not pinned" if change.before is None else str(change.before)
    hint = "  looser: refused; make it cheaper, or --allow-looser" if is_refused else ""
    return f"{change.operation}: {before} > {change.after} queries{hint}"
