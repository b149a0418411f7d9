"""Options and look-ups that several actions share."""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from monitoring.budgets import Budgets, valid_budgets
from monitoring.budgets.gate.check import Step
from monitoring.conf import conf
from monitoring.errors import BudgetError

Item = TypeVar("Item")


def add_operation(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--operation",
        metavar="PATTERN",
        action="append",
        default=[],
        help="only operations whose name matches; * and ? are wildcards; may be given several times",
    )


def add_format(parser: argparse.ArgumentParser, *formats: str) -> None:
    parser.add_argument(
        "--format",
        choices=formats,
        default=formats[0],
        help=f"how the result is written (default {formats[0]})",
    )


def required_budgets() -> Budgets:
    """The project's budgets. Raises BudgetError where there is no file."""
    found = valid_budgets()
    if found.path is None:
        configured = conf().BUDGETS or "is not set"
        raise BudgetError(
            f"No budgets: TACHOGRAPH['BUDGETS'] {configured}: set it to the path of your budgets.toml"
        )
    return found


def add_keepdb(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--keepdb", action="store_true", help="keep the migrated database for the next run")


def bar(steps: Sequence[Step]) -> Iterable[Step]:
    """The steps one by one, under a progress bar on stderr."""
    with _progress() as progress:
        task = progress.add_task("", total=len(steps))
        for scenario, size in steps:
            progress.update(task, description=f"{scenario.operation} at {size}")
            yield scenario, size
            progress.advance(task)


def counted(items: Iterable[Item], total: int, description: str) -> Iterator[Item]:
    """The items as they come, under a progress bar on stderr."""
    with _progress() as progress:
        task = progress.add_task(description, total=total)
        for item in items:
            progress.advance(task)
            yield item


def tell(sentence: str) -> None:
    """Say on stderr what takes its time."""
    Console(stderr=True).print(sentence, highlight=False, markup=False)


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
