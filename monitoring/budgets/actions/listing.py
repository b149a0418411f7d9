"""`budget list`: which budget applies to each operation, and why."""

import argparse
import json
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from monitoring.budgets import Budget, Budgets
from monitoring.budgets.gate.catalogue import Known, known_operations
from monitoring.budgets.gate.entries import stale_entries
from monitoring.budgets.gate.exit_codes import PASSED, UNUSABLE
from monitoring.budgets.resolve import matches

from .options import add_format, add_operation, required_budgets

NAME = "list"
HELP = "Which budget applies to each operation, and which table of budgets.toml it comes from."
EXAMPLES = """
  manage.py budget list                                  every operation of the project
  manage.py budget list --operation 'GET /api/*'         those that match
  manage.py budget list --format json | jq '.[].operation'
"""

Resolved = list[tuple[Known, Budget]]


def arguments(parser: argparse.ArgumentParser) -> None:
    add_operation(parser)
    add_format(parser, "table", "json")


def run(options: dict[str, Any], console: Console) -> int:
    """Exit code 2 where an entry of budgets.toml names no operation or has expired."""
    budgets = required_budgets()
    known = known_operations()
    resolved = [
        (operation, budgets.resolve(operation.name, operation.operation_class))
        for operation in known.values()
        if not options["operation"]
        or any(matches(pattern, operation.name) for pattern in options["operation"])
    ]
    if options["format"] == "json":
        console.print_json(json.dumps([_as_json(*pair) for pair in resolved]))
    else:
        console.print(_table(resolved, budgets))
    problems = stale_entries(budgets, known)
    for problem in problems:
        Console(stderr=True).print(problem, style="red", highlight=False, soft_wrap=True)
    return UNUSABLE if problems else PASSED


def _as_json(operation: Known, budget: Budget) -> dict[str, Any]:
    described = {"operation": operation.name, "kind": operation.kind, "class": operation.operation_class}
    return described | asdict(budget)


def _table(resolved: Resolved, budgets: Budgets) -> Table:
    caption = f"{budgets.path}; strongest first in the last column; - is no limit"
    table = Table(box=None, pad_edge=False, header_style="bold", caption=caption, caption_justify="left")
    table.add_column("operation", overflow="fold")
    table.add_column("class")
    for heading in ("p95 ms", "errors", "queries", "dup", "N+1", "slow", "hits"):
        table.add_column(heading, justify="right")
    table.add_column("because of", overflow="fold")
    for operation, budget in resolved:
        limits = (
            budget.latency_p95_ms,
            budget.errors_max_rate,
            budget.queries_max,
            budget.duplicates_max,
            budget.nplusone_max,
            budget.slow_queries_max,
            budget.cache_min_hit_rate,
        )
        numbers = ("-" if limit is None else f"{limit:g}" for limit in limits)
        table.add_row(operation.name, operation.operation_class or operation.kind, *numbers, budget.source)
    return table
