"""However a stream of figures is cut into batches, sent, broken off and sent again: the sums are the same."""

from contextlib import suppress
from uuid import uuid4

import pytest
from django.db import Error
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitoring import operation
from monitoring.cells import process
from monitoring.cells.directory import directory
from monitoring.conf import conf
from monitoring.store.models import CachePeriod, Level, OperationPeriod
from monitoring.store.sender import Sender
from monitoring.store.state import FILE_NAME, load
from monitoring.store.writer import MAX_PENDING, Writer

pytestmark = pytest.mark.django_db(transaction=True)
NOW = 1_800_000_000.0
HAPPENINGS = st.sampled_from(["", "", "before", "after", "dies before", "dies after"])
MINUTE = 60


@pytest.fixture
def office(breakable):
    """office() is a process that may become the writer; its `connection` can break."""
    opened = []

    def office():
        sender = Sender()
        sender.connection = breakable(sender.connection)
        opened.append(sender.connection)
        writer = Writer(sender.send)
        writer.connection = sender.connection
        return writer

    yield office
    for one in opened:
        one.close()


@pytest.fixture
def begin_anew(tmp_path, monkeypatch):
    """begin_anew() gives the name of an operation, and this process a folder that nobody counted in."""

    def begin() -> str:
        name = uuid4().hex
        monkeypatch.setenv("TACHOGRAPH_DIR", str(tmp_path / name))
        conf.cache_clear()
        process.forget()
        return name

    return begin


def run(name, times):
    for _ in range(times):
        with operation(name):
            pass


def turn(office, writer, happening, now):
    """A turn of the writer, with what happens in it; gives the writer that is there afterwards."""
    writer.connection.failures = [happening] if happening else []
    with suppress(Error, *([BaseException] if happening.startswith("dies") else [])):
        writer.round(now)
    writer.connection.failures = []
    if happening.startswith("dies"):
        writer.forget()  # the kernel frees what a dead process held
        return office()
    return writer


def stored(name, level=Level.MINUTE):
    return OperationPeriod.objects.filter(operation__name=name, level=level)


@given(steps=st.lists(st.tuples(st.integers(0, 4), HAPPENINGS, st.integers(1, 90)), min_size=1, max_size=12))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_sums_are_those_of_the_cells(office, begin_anew, steps):
    name = begin_anew()
    writer, now = office(), NOW
    for runs, happening, seconds in steps:
        run(name, runs)
        now += seconds
        writer = turn(office, writer, happening, now)
    writer.leave(now + 1)

    expected = sum(runs for runs, _, _ in steps)
    for level in Level:
        rows = list(stored(name, level))
        assert sum(row.runs for row in rows) == sum(sum(row.histogram) for row in rows) == expected
    assert load(directory()).pending == []


def test_two_processes_of_one_folder_write_in_turn(office, begin_anew):
    name = begin_anew()
    first, second = office(), office()
    run(name, 3)
    first.round(NOW)
    second.round(NOW)
    assert (first.holds_office, second.holds_office) == (True, False)
    run(name, 2)
    first.forget()
    second.round(NOW)
    assert second.holds_office
    assert sum(row.runs for row in stored(name)) == 5


def test_while_the_database_is_down_each_minute_keeps_its_own(office, begin_anew):
    name = begin_anew()
    writer = office()
    for minute in range(3):
        run(name, minute + 1)
        for second in (10, 30):
            writer.connection.failures = ["before"] * 2
            with pytest.raises(Error):
                writer.round(NOW + minute * MINUTE + second)
    writer.connection.failures = []
    writer.round(NOW + 3 * MINUTE)
    assert [row.runs for row in stored(name).order_by("start")] == [1, 2, 3]


def test_of_a_long_time_without_a_database_nothing_is_lost(office, begin_anew):
    name = begin_anew()
    writer = office()
    writer.connection.failures = ["before"] * (MAX_PENDING + 20)
    for minute in range(MAX_PENDING + 10):
        run(name, 1)
        with suppress(Error):
            writer.round(NOW + minute * MINUTE)
    assert len(load(directory()).pending) == MAX_PENDING
    writer.connection.failures = []
    writer.round(NOW + 100 * MINUTE)
    assert sum(row.runs for row in stored(name)) == MAX_PENDING + 10


def test_a_batch_that_the_database_refuses_is_given_up_and_counted(office, begin_anew, figure):
    name = begin_anew()
    writer = office()
    run(name, 4)
    writer.connection.failures = ["before"]
    with pytest.raises(Error):
        writer.round(NOW)
    state = load(directory())
    state.pending[0].operations[0]["bounds"] = "1," * 1_000
    state.save(directory())
    for _ in range(2):
        with pytest.raises(Error):
            writer.round(NOW)
    run(name, 1)
    writer.round(NOW)
    assert [row.runs for row in stored(name)] == [1]
    assert figure("tacho_store_dropped", "operations") == 4


def test_a_damaged_file_counts_nothing_twice(office, begin_anew, caplog):
    name = begin_anew()
    writer = office()
    run(name, 3)
    writer.round(NOW)
    (directory() / FILE_NAME).write_text('{"counted": {"operations"')
    writer.round(NOW)
    assert "is damaged" in caplog.text
    run(name, 2)
    writer.round(NOW)
    assert sum(row.runs for row in stored(name)) == 5


def test_new_bounds_of_the_histogram_count_no_run_twice(office, begin_anew, settings, tmp_path):
    name = begin_anew()
    writer = office()
    run(name, 3)
    writer.round(NOW)
    budgets = tmp_path / "budgets.toml"
    budgets.write_text("[class.system]\nlatency = { p95_ms = 123 }\n")
    from monitoring import catalog, flush

    settings.TACHOGRAPH = settings.TACHOGRAPH | {"BUDGETS": budgets}
    catalog.operation_duration.cache_clear()
    flush._series.clear()
    try:
        run(name, 2)
        writer.round(NOW)
        assert sorted((row.runs, len(row.histogram)) for row in stored(name))[-1][0] == 3
        assert sum(row.runs for row in stored(name)) == 5
    finally:
        catalog.operation_duration.cache_clear()
        flush._series.clear()


def test_caches_count_by_command_and_by_family(office, begin_anew, settings):
    settings.TACHOGRAPH = settings.TACHOGRAPH | {"CACHE_FAMILIES": r"([a-z]+):"}
    from django.core.cache import cache

    begin_anew()
    writer = office()
    cache.delete("books:1")
    with operation("reads"):
        cache.get("books:1")
        cache.get("books:1")
    writer.round(NOW)
    cells = CachePeriod.objects.filter(level=Level.HOUR, result="miss")
    found = {(row.alias, row.command, row.family): row.calls for row in cells}
    assert found == {("default", "get", ""): 2, ("default", "", "books"): 2}
    assert stored("reads").get().cache_misses == 2
