"""The store at work in a process: nothing waits for the database or fails by it; what is lost is counted."""

import logging
import os
import signal
import threading

import pytest
from django.core import mail
from django.db import ProgrammingError, connection, connections

from monitoring import operation, traces
from monitoring.hooks import on_finish
from monitoring.store import sender as sender_module
from monitoring.store import service as service_module
from monitoring.store.models import (
    Level,
    OperationPeriod,
    QueryPeriod,
    TraceSample,
)
from monitoring.store.service import Service
from monitoring.store.write import write

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def service(monkeypatch, breakable):
    """A process' store; its thread does nothing before the end, its connection can break."""
    monkeypatch.delattr(mail, "outbox")
    monkeypatch.setattr(Service, "_tick", lambda self: None)
    traces.forget()
    found = Service()
    found.connection = found._sender.connection = breakable(found._sender.connection)
    receiver = on_finish.connect(found.note)
    yield found
    on_finish.disconnect(receiver)
    found.stop()
    found.connection.close()


def ask(times=1):
    with operation("page"), connection.cursor() as cursor:
        for value in range(times):
            cursor.execute("SELECT %s", (value,))


def flush(service):
    service.take_in()
    service.flush()


def queries():
    return sum(QueryPeriod.objects.filter(level=Level.MINUTE).values_list("runs", flat=True))


def runs():
    rows = OperationPeriod.objects.filter(level=Level.MINUTE, operation__name="page")
    return sum(rows.values_list("runs", flat=True))


def test_a_flush_writes_queries_and_operations(service, figure):
    for _ in range(3):
        ask(4)
    flush(service)
    assert (queries(), runs()) == (12, 3)
    assert figure("tacho_store_rows", "queries") == 3  # a minute's, its hour's, its day's
    assert figure("tacho_store_flush_seconds") == 1
    flush(service)
    assert (queries(), runs()) == (12, 3)


@pytest.mark.parametrize("how", ["before", "after"])
def test_what_was_not_written_is_sent_again_and_counts_once(service, figure, how, caplog):
    caplog.set_level(logging.INFO, "tachograph.store")
    ask(3)
    service.connection.failures = [how, "before"]
    flush(service)
    ask(2)
    service.connection.failures = ["before", "before"]
    flush(service)
    assert figure("tacho_store_failures") == 2
    flush(service)
    told = [record.levelno for record in caplog.records if record.name == "tachograph.store"]
    assert told == [logging.WARNING, logging.INFO]  # it is down; it is back
    assert (queries(), runs()) == (5, 2)
    assert figure("tacho_store_dropped") == 0


def test_a_process_that_ends_while_the_database_is_down_counts_what_is_lost(service, figure):
    ask(3)
    service.connection.failures = ["before", "before"]
    flush(service)
    ask(4)
    service.connection.failures = ["before"] * 9
    service.stop()
    assert figure("tacho_store_dropped", "queries") == 7
    assert (queries(), runs()) == (0, 0)


def test_a_process_writes_what_it_has_when_it_ends(service):
    ask(3)
    service.stop()
    assert (queries(), runs()) == (3, 1)


def test_a_signal_does_not_end_the_last_flush(service, monkeypatch):
    """gunicorn's SIGQUIT finds a worker that it recycles already leaving, and its handler exits."""
    told = threading.Event()

    def leave(*_):
        told.set()
        raise SystemExit

    def write_when_told(cursor, batch):
        if not told.is_set():
            os.kill(os.getpid(), signal.SIGUSR1)
            assert told.wait(10)
        return write(cursor, batch)

    before = signal.signal(signal.SIGUSR1, leave)
    monkeypatch.setattr(sender_module, "write", write_when_told)
    ask(3)
    try:
        with pytest.raises(SystemExit):
            service.stop()
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert (queries(), runs()) == (3, 1)


def test_a_database_without_tables_is_told_of_once_and_breaks_nothing(service, figure, caplog, monkeypatch):
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(service._sender, "send", missing)
    monkeypatch.setattr(service._writer, "_send", missing)
    for _ in range(3):
        ask(2)
        flush(service)
    told = [record for record in caplog.records if "manage.py migrate" in record.message]
    assert [record.levelno for record in told] == [logging.INFO]
    assert figure("tacho_store_dropped", "queries") == 6
    monkeypatch.undo()
    flush(service)
    assert runs() == 3  # the cells kept them


def missing(batch):
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT 1 FROM tachograph_not_there")
    raise ProgrammingError


def test_a_fault_of_the_stores_own_costs_one_batch_and_is_counted(service, figure, settings, monkeypatch):
    settings.TACHOGRAPH = settings.TACHOGRAPH | {"RAISE_FAULTS": False}
    ask(3)
    service.take_in()
    monkeypatch.setattr(sender_module, "write", broken)
    service.flush()
    monkeypatch.undo()
    ask(2)
    flush(service)
    assert (queries(), figure("tacho_store_dropped", "queries")) == (2, 3)
    assert figure("tacho_recorder_errors") == 2  # the queries' batch and the cells'
    assert figure("tacho_store_dropped", "operations") == 1


def broken(cursor, batch):
    raise KeyError("no such row")


def test_operations_that_nobody_takes_in_are_bounded(service, figure, monkeypatch):
    monkeypatch.setattr(service_module, "MANY", 4)
    for _ in range(20):
        ask()
    assert len(service._ended) <= 5
    flush(service)
    assert queries() == 20
    monkeypatch.setattr(service_module, "MANY", 100)
    monkeypatch.setattr(service_module, "TOO_MANY", 3)
    for _ in range(5):
        ask(2)
    flush(service)
    assert (queries(), figure("tacho_store_dropped", "queries")) == (26, 4)


def test_traces_are_written_once_and_a_few_of_an_operation(service):
    for _ in range(3):
        ask(2)
        flush(service)
    flush(service)
    found = list(TraceSample.objects.filter(operation__name="page"))
    assert len(found) == 3
    assert {(step[2], step[4]) for step in found[0].steps} == {("query", "SELECT ?")}


def test_the_store_keeps_still_while_djangos_tests_run(service, monkeypatch):
    monkeypatch.setattr(mail, "outbox", [], raising=False)
    ask()
    assert service._thread is None


def test_the_stores_own_statements_are_in_no_figure(service, figure):
    ask()
    before = figure("tacho_db_query_duration_seconds", "default")
    flush(service)
    assert figure("tacho_db_query_duration_seconds", "default") == before
    assert figure("tacho_recorder_unattributed_queries") == 0
