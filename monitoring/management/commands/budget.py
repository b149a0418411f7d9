"""`manage.py budget`: performance budgets as code."""

import argparse
import logging
import sys
from types import ModuleType
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from monitoring.budgets.actions import check, listing, render, selftest, update
from monitoring.budgets.gate.exit_codes import UNUSABLE
from monitoring.errors import TachographError

ACTIONS: dict[str, ModuleType] = {
    action.NAME: action for action in (listing, check, update, render, selftest)
}
PIPE_WIDTH = 160


class Command(BaseCommand):
    """Exit codes: 0 passed, 1 broken, 2 configuration or usage, 3 inconclusive."""

    help = "Performance budgets as code: what each operation may cost stands in budgets.toml."
    # A budgets.toml that is not valid is told by the action, with its own exit code.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """One sub-command for each action."""
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        for name, action in ACTIONS.items():
            described = actions.add_parser(
                name,
                help=action.HELP,
                description=action.HELP,
                epilog=f"examples:{action.EXAMPLES}",
                formatter_class=argparse.RawDescriptionHelpFormatter,
            )
            action.arguments(described)

    def run_from_argv(self, argv: list[str]) -> None:
        """At a terminal the report tells; the log would only repeat it."""
        logging.getLogger("tachograph.operation").setLevel(logging.ERROR)
        super().run_from_argv(argv)

    def handle(self, *_: Any, **options: Any) -> None:
        """Run the action; leave with its exit code."""
        is_terminal = self.stdout.isatty()
        # OutputWrapper is a file in all but its declared type.
        console = Console(file=cast(IO[str], self.stdout), width=None if is_terminal else PIPE_WIDTH)
        try:
            code = ACTIONS[options["action"]].run(options, console)
        except TachographError as error:
            raise CommandError(str(error), returncode=UNUSABLE) from error
        if code:
            sys.exit(code)
