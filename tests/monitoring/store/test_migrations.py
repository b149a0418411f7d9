"""What was counted before a migration is counted after it."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from monitoring.store.models import Bounds, OperationKey, OperationPeriod


def columns():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT udt_name FROM information_schema.columns"
            " WHERE column_name = 'histogram' AND table_name LIKE 'tachograph_%%'"
        )
        return [name for (name,) in cursor.fetchall()]


def migrate(*name):
    call_command("migrate", "tachograph", *name, verbosity=0)


@pytest.mark.django_db(transaction=True)
def test_histograms_keep_their_runs_there_and_back():
    bounds = Bounds.objects.create(bounds="0.1,1")
    operation = OperationKey.objects.create(kind="request", name="page", operation_class="list")
    row = OperationPeriod.objects.create(
        level=1, start=timezone.now(), operation=operation, bounds=bounds, histogram=[3, 0, 2**40]
    )
    try:
        migrate("0001")
        assert columns() == ["jsonb"]
    finally:
        migrate()
    assert columns() == ["_int8"]
    row.refresh_from_db()
    assert row.histogram == [3, 0, 2**40]
