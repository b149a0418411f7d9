"""Options and look-ups that several actions share."""

import argparse

from monitoring.budgets import Budgets, budgets
from monitoring.conf import conf
from monitoring.errors import BudgetError


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
    found = budgets()
    if found.path is None:
        configured = conf().BUDGETS or "is not set"
        raise BudgetError(
            f"No budgets: TACHOGRAPH['BUDGETS'] {configured}: set it to the path of your budgets.toml"
        )
    return found
