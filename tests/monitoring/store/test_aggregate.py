"""What an operation asked becomes rows by statement, line and operation; samples; the longest run."""

import time

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitoring import operation
from monitoring.store import aggregate as aggregate_module
from monitoring.store.aggregate import Aggregate
from monitoring.store.models import Level, OperationPeriod, Query, QueryPeriod, QuerySample
from monitoring.store.tables import tables

pytestmark = pytest.mark.django_db


def ask(value, sql="SELECT %s"):
    with connection.cursor() as cursor:
        cursor.execute(sql, (value,))


def elsewhere(value):
    ask(value)


def pause(seconds):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", (seconds,))


def write_all(aggregate, add):
    """Every minute that waits, in the tables."""
    for at in sorted(aggregate.minutes):
        add(aggregate.minutes.pop(at).batch(at))


def test_runs_by_line_with_repeats_and_an_nplusone(aggregate, add):
    with operation("page", operation_class="list"):
        for value in range(7):
            ask(value)
        ask(0)
    write_all(aggregate, add)
    row = QueryPeriod.objects.get(level=Level.DAY)
    assert (row.runs, row.rows, row.duplicates, row.nplusone, row.nplusone_runs) == (8, 8, 1, 1, 8)
    assert (sum(row.histogram), row.nested, row.operation.name) == (8, False, "page")
    assert row.location.function == "ask"
    assert row.location.file.endswith("tests/monitoring/store/test_aggregate.py")
    assert row.duration_s >= row.duration_max_s > 0
    assert (row.query.sql, row.query.kind, row.query.alias) == ("SELECT ?", "read", "default")


def test_a_nested_operation_is_told_from_the_one_around_it(aggregate, add):
    with operation("outer"):
        ask(1)
        ask(2)
        with operation("inner"):
            ask(3)
    write_all(aggregate, add)
    rows = QueryPeriod.objects.filter(level=Level.DAY)
    assert {(row.operation.name, row.nested, row.runs) for row in rows} == {
        ("outer", False, 3),
        ("inner", True, 1),
    }


def test_a_statement_that_runs_once_gets_the_line_that_is_known_of_it(aggregate, add):
    sql = "SELECT %s AS alone"
    for _ in range(3):
        with operation("page"):
            ask(1, sql)
    write_all(aggregate, add)
    places = QueryPeriod.objects.filter(level=Level.DAY).values_list("location__function", "runs")
    assert dict(places) == {"?": 1, "ask": 2}


def test_the_longest_run_joins_the_sums_that_come_from_the_cells(aggregate, add):
    with operation("page"):
        time.sleep(0.002)
    write_all(aggregate, add)
    row = OperationPeriod.objects.get(level=Level.HOUR, operation__name="page")
    assert row.duration_max_s >= 0.002
    assert (row.runs, sum(row.histogram)) == (0, 0)


def test_of_slow_runs_the_slowest_leave_a_sample_each_once(aggregate, add):
    with operation("page") as record:
        record.request_id, record.slow_ns = "r-7", 1_000_000
        for milliseconds in (40, 2, 60, 3, 80):
            pause(milliseconds / 1000)
        with operation("inner") as inner:
            inner.slow_ns = 1_000_000
            pause(0.004)
    write_all(aggregate, add)
    samples = list(QuerySample.objects.order_by("-duration_s"))
    assert all(sample.duration_s >= least for sample, least in zip(samples, (0.08, 0.06, 0.04), strict=True))
    assert {(sample.request_id, sample.operation.name, sample.rows) for sample in samples} == {
        ("r-7", "page", 1)
    }
    assert aggregate.dropped == {"samples": 3}
    assert QueryPeriod.objects.get(level=Level.DAY, operation__name="page").slow == 6


@given(
    runs=st.lists(st.tuples(st.integers(0, 9), st.sampled_from("abc"), st.booleans()), max_size=25),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_the_stream_is_cut_the_sums_are_those_of_what_ran(aggregate, add, runs):
    """After each operation the figures may be written, or wait for the next ones."""
    QueryPeriod.objects.all().delete()
    expected = {}
    for number, name, is_cut in runs:
        with operation(name):
            for value in range(number):
                ask(value)
        expected[name] = expected.get(name, 0) + number
        if is_cut:
            write_all(aggregate, add)
    write_all(aggregate, add)
    for level in Level:
        found = {}
        for row in QueryPeriod.objects.filter(level=level):
            assert sum(row.histogram) == row.runs
            found[row.operation.name] = found.get(row.operation.name, 0) + row.runs
        assert found == {name: number for name, number in expected.items() if number}


def test_what_finds_no_room_is_counted(aggregate, monkeypatch):
    monkeypatch.setattr(aggregate_module, "MAX_ROWS", 3)
    with operation("page"):
        for value in range(10):
            ask(value, f"SELECT %s AS name_{value}")
            ask(value, f"SELECT %s AS name_{value}")
    kept = sum(minute.runs for minute in aggregate.minutes.values())
    assert (kept, aggregate.dropped) == (6, {"queries": 14})


def test_a_statement_with_what_postgresql_cannot_store_is_stored_without_it(aggregate, add):
    with operation("odd\0name " + "x" * 2_000):
        ask(1)
    write_all(aggregate, add)
    row = OperationPeriod.objects.get(level=Level.DAY)
    assert row.operation.name.startswith("oddname xxx")
    assert len(row.operation.name) <= 500
    assert Query.objects.count() == 1


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ('SELECT "a"."id" FROM "shop_book" "a" INNER JOIN "shop_shelf" ON (?)', ["shop_book", "shop_shelf"]),
        ("INSERT INTO book (id) VALUES (?) ON CONFLICT (id) DO UPDATE SET id = ?", ["book"]),
        (
            "WITH best AS (SELECT ? FROM sale) SELECT * FROM best JOIN stock.item i ON ?",
            ["sale", "stock.item"],
        ),
        ("SELECT ? FROM book FOR UPDATE OF book", ["book"]),
        ("SELECT n FROM generate_series(?) n", []),
        ('DELETE FROM "odd ""name"""', ['odd "name"']),
        ("SELECT ?", []),
    ],
)
def test_the_tables_that_a_statement_names(sql, named):
    assert tables(sql) == named


def test_an_aggregate_begins_empty():
    assert Aggregate().rows == 0
