"""Management commands: one operation a run, however it ends."""

import sys
from contextlib import suppress

import pytest
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand
from django.db import connection

from monitoring.record import current

pytestmark = pytest.mark.django_db


class Report(BaseCommand):
    operation_class = "report"

    def add_arguments(self, parser):
        parser.add_argument("--how", default="well")

    def handle(self, *args, how, **options):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        match how:
            case "command error":
                raise CommandError("no")
            case "exception":
                raise ValueError("no")
            case "exit 0":
                sys.exit(0)
            case "exit 3":
                sys.exit(3)


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ("well", "ok"),
        ("command error", "error"),
        ("exception", "error"),
        ("exit 0", "ok"),
        ("exit 3", "error"),
    ],
)
def test_however_it_ends_it_is_counted_once(ended, figure, how, status):
    with suppress(CommandError, ValueError, SystemExit):
        call_command(Report(), how=how)
    (found,) = ended
    assert (found.kind, found.name, found.operation_class) == ("command", "test_commands", "report")
    assert (found.status, found.queries) == (status, 1)
    assert figure("tacho_operations", "command", "test_commands", "report", status) == 1
    assert current() is None


def test_any_command_is_recorded_by_its_name(ended):
    call_command("check", verbosity=0)
    assert [(one.kind, one.name, one.operation_class) for one in ended] == [("command", "check", "system")]
