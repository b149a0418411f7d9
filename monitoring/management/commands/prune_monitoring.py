"""manage.py prune_monitoring: remove what the store need not keep."""

from __future__ import annotations

from argparse import RawDescriptionHelpFormatter
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, DjangoHelpFormatter
from django.db import Error

from monitoring.conf import conf
from monitoring.errors import ConfigurationError
from monitoring.store.connection import Connection, failure_of, is_possible
from monitoring.store.retention import CHUNK, Part, parts, prune, retention

HELP = """Remove what the store need not keep any more.

The running service does this by itself, a little every ten minutes. Run it by hand after you shortened
TACHOGRAPH["STORE_RETENTION"], before a backup, or where no process runs all the time.

Figures stand by the minute, the hour and the day; each level is kept for a time of its own, and the longer
ones are whole without the shorter. It removes in small transactions, so it may run while the service does,
and may be broken off at any time."""


def _span(span: timedelta) -> str:
    days, hours = span / timedelta(days=1), span / timedelta(hours=1)
    return f"{days:g} days" if days >= 2 else f"{hours:g} hours"


class _Formatter(DjangoHelpFormatter, RawDescriptionHelpFormatter):
    """Django's, with the paragraphs as they are written."""


class Command(BaseCommand):
    """Progress is a line for each part of the store."""

    help = HELP

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """The help is printed as it is written."""
        parser = super().create_parser(prog_name, subcommand, formatter_class=_Formatter, **kwargs)
        try:
            kept = ", ".join(f"{name} {_span(span)}" for name, span in retention().items())
        except ConfigurationError as error:
            kept = str(error)
        parser.epilog = f"Kept now: {kept}.\nOf people's actions (the audit) all is kept."
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        """--dry-run."""
        parser.add_argument("--dry-run", action="store_true", help="only count what would be removed")

    def handle(self, *, dry_run: bool, verbosity: int, **_: Any) -> None:
        """Remove, or count. Raises CommandError where the store cannot be reached."""
        if not is_possible():
            raise CommandError(
                f"There is no store: the database {conf().STORE_ALIAS!r} is no PostgreSQL. "
                "Name one in TACHOGRAPH['STORE_ALIAS']."
            )
        connection = Connection()
        try:
            self._count(connection) if dry_run else self._remove(connection, is_wordy=verbosity > 1)
        except Error as error:
            raise CommandError(f"The store: {failure_of(error).value}. {error}") from error
        except ConfigurationError as error:
            raise CommandError(str(error)) from error
        finally:
            connection.close()

    def _count(self, connection: Connection) -> None:
        total = 0
        with connection.transaction() as cursor:
            for part in parts():
                total += (found := part.count(cursor))
                self._tell(part, found, "would be removed")
        self.stdout.write(f"{total:,} rows would be removed; nothing was.")

    def _remove(self, connection: Connection, *, is_wordy: bool) -> None:
        total = of_part = 0
        for part, removed in prune(connection):
            total += removed
            of_part += removed
            if removed == CHUNK and is_wordy:
                self._tell(part, of_part, "removed so far")
            if removed < CHUNK:
                self._tell(part, of_part, "removed")
                of_part = 0
        self.stdout.write(self.style.SUCCESS(f"{total:,} rows removed."))

    def _tell(self, part: Part, rows: int, what: str) -> None:
        if rows:
            self.stdout.write(f"{part.table}, {part.what}: {rows:,} rows {what}")
