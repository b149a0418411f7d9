"""Queries, as the DESIGN's "what counts as what" has them, on a real PostgreSQL."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, IntegrityError, connection, transaction
from psycopg import sql as psycopg_sql

from monitoring import operation
from monitoring.budgets import budgets
from monitoring.instruments.database import record_query

pytestmark = pytest.mark.django_db


@pytest.fixture
def record():
    """Runs a function as an operation and gives the record."""

    def recorded(function, *args):
        with operation("test") as found:
            function(*args)
        return found

    return recorded


def execute(sql, params=None):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def test_installed_once_and_outermost():
    connection.ensure_connection()
    assert connection.execute_wrappers.count(record_query) == 1
    assert connection.execute_wrappers[0] is record_query


@pytest.mark.django_db(transaction=True)
def test_survives_a_reconnect(record):
    connection.close()
    assert record(execute, "SELECT 7").queries == 1
    assert connection.execute_wrappers.count(record_query) == 1


def test_savepoints_and_settings_are_plumbing(record):
    def work():
        with transaction.atomic():
            execute("SELECT 1")
        execute("SET LOCAL statement_timeout = 5000")
        execute("SELECT set_config('app.tenant', '7', true)")

    found = record(work)
    assert (found.queries, found.plumbing) == (1, 4)


def test_executemany_is_one_query(record):
    def work():
        with connection.cursor() as cursor:
            cursor.executemany("SELECT %s", [(i,) for i in range(5)])

    assert record(work).queries == 1


def test_a_server_side_cursor_is_one_query_whatever_it_fetches(record):
    Group.objects.bulk_create(Group(name=f"g{i}") for i in range(25))
    assert record(lambda: list(Group.objects.iterator(chunk_size=10))).queries == 1


def test_a_failing_statement_counts(record):
    def work():
        with pytest.raises(DatabaseError), transaction.atomic():
            execute("SELECT no_such_column")

    found = record(work)
    assert found.queries == 1
    assert found.databases["default"].errors == {"ProgrammingError": 1}


def test_rows_and_reads(record):
    Group.objects.bulk_create(Group(name=f"g{i}") for i in range(3))

    def work():
        list(Group.objects.all())
        Group.objects.update(name="x")

    with pytest.raises(IntegrityError), transaction.atomic():
        record(work)
    found = record(lambda: list(Group.objects.all()))
    assert (found.rows, found.reads) == (3, 1)


def test_composed_sql_is_read_as_text(record):
    composed = psycopg_sql.SQL("SELECT {}, {}").format(psycopg_sql.Literal("secret"), psycopg_sql.Literal(7))
    (runs,) = record(execute, composed).statements.values()
    assert runs.statement.sql == "SELECT ?, ?"


def test_duplicates_are_the_repeats_beyond_the_first(record):
    def work():
        for value in (1, 1, 1, 2):
            execute("SELECT %s", (value,))

    found = record(work)
    assert found.duplicates == 2
    assert found.nplusone == []


def threshold():
    return budgets().recording.nplusone_runs


@pytest.mark.parametrize(("extra", "findings"), [(0, 0), (1, 1)])
def test_an_n_plus_one_is_more_than_the_threshold_from_one_place(record, extra, findings):
    def work():
        for value in range(threshold() + extra):
            execute("SELECT %s", (value,))

    assert len(record(work).nplusone) == findings


def test_two_places_with_few_each_are_not_one(record):
    def work():
        for value in range(3):
            with connection.cursor() as cursor:
                cursor.execute("SELECT %s", (value,))
        for value in range(10, 13):
            with connection.cursor() as cursor:
                cursor.execute("SELECT %s", (value,))

    assert record(work).nplusone == []


def test_equal_parameters_are_duplicates_only(record):
    def work():
        for _ in range(20):
            execute("SELECT %s", (7,))

    found = record(work)
    assert (found.nplusone, found.duplicates) == ([], 19)


def test_literals_in_the_sql_are_its_parameters(record):
    def work():
        for value in range(8):
            execute(f"SELECT {value}")

    (found,) = record(work).nplusone
    assert (found.statement.sql, found.runs) == ("SELECT ?", 8)


def foreign_keys():
    for permission in Permission.objects.order_by("content_type").distinct("content_type")[:8]:
        _ = permission.content_type.model


def exists():
    for name in range(8):
        Group.objects.filter(name=str(name)).exists()


def saves():
    for name in range(8):
        Group(name=str(name)).save()


@pytest.mark.parametrize("work", [foreign_keys, exists, saves])
def test_an_n_plus_one_is_told_with_its_line(record, work):
    (found,) = record(work).nplusone
    assert found.runs == 8
    assert found.place.function == work.__name__
    assert found.place.file.endswith("test_database.py")
    assert found.place.line == work.__code__.co_firstlineno + 2


def bulk_create():
    Group.objects.bulk_create((Group(name=str(i)) for i in range(40)), batch_size=4)


def bulk_update():
    Group.objects.bulk_create(Group(name=str(i)) for i in range(40))
    groups = list(Group.objects.all())
    for group in groups:
        group.name += "x"
    Group.objects.bulk_update(groups, ["name"], batch_size=4)


def prefetch_in_iterator():
    Group.objects.bulk_create(Group(name=str(i)) for i in range(40))
    list(Group.objects.prefetch_related("permissions").iterator(chunk_size=4))


def delete_in_chunks():
    Group.objects.bulk_create(Group(name=str(i)) for i in range(900))
    Group.objects.all().delete()


@pytest.mark.parametrize("work", [bulk_create, bulk_update, prefetch_in_iterator, delete_in_chunks])
def test_the_chunks_of_one_bulk_call_are_no_n_plus_one(record, work):
    assert record(work).nplusone == []


def test_a_loop_of_bulk_calls_is_one(record):
    def work():
        for i in range(threshold() + 1):
            Group.objects.bulk_create([Group(name=str(i))])

    assert len(record(work).nplusone) == 1


def test_a_slow_query_is_told_with_its_line_and_without_its_values(record):
    found = record(execute, "SELECT pg_sleep(%s)", (budgets().recording.slow_query_ms / 1000 + 0.01,))
    (slow,) = found.slow_queries
    assert slow.statement.sql == "SELECT pg_sleep(?)"
    assert slow.duration_ns >= budgets().recording.slow_query_ms * 1e6
    assert slow.place.function == "execute"
    assert found.databases["default"].slow == 1


@pytest.mark.django_db(transaction=True)
def test_transactions_are_counted_where_there_is_one_to_end(record):
    def work():
        for _ in range(3):
            with transaction.atomic():
                ContentType.objects.first()
        with transaction.atomic():
            pass  # sends nothing

    assert record(work).databases["default"].transactions == 3


def test_statements_beyond_the_bound_are_counted_and_dropped(record, figure, monkeypatch):
    monkeypatch.setattr("monitoring.instruments.database.MAX_STATEMENTS", 5)

    def work():
        for i in range(12):
            execute(f"SELECT 1 AS column_{i}")

    found = record(work)
    assert (found.queries, len(found.statements), found.dropped) == (12, 5, 7)
    assert figure("tacho_recorder_dropped") == 7


def test_the_line_of_a_statement_that_runs_once_is_known_where_somebody_wants_it(record, monkeypatch):
    def line_of(sql):
        (runs,) = record(execute, sql).statements.values()
        return [place and place.function for place, _ in runs.located()]

    assert line_of("SELECT 1 AS nobody_asks") == [None]
    monkeypatch.setattr("monitoring.statements.places_wanted", True)
    assert line_of("SELECT 1 AS new_to_this_process") == ["execute"]
    assert line_of("SELECT 1 AS new_to_this_process") == [None]  # paid for once, not by each request
