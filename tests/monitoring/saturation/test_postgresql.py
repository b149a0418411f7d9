"""tacho_pg_*: what pg_stat_activity says to the application's own role."""

import threading
import time

import psycopg
import pytest
from django.db import connection

pytestmark = pytest.mark.django_db

COUNT = "SELECT count(*) FROM pg_stat_activity WHERE datid IS NOT NULL AND usesysid IS NOT NULL"


@pytest.fixture
def connect():
    """connect() opens a connection to the test database, round Django's; closed after the test."""
    opened = []

    def connected(**options):
        found = connection.settings_dict
        opened.append(
            psycopg.connect(
                host=found["HOST"], port=found["PORT"], user=found["USER"], password=found["PASSWORD"],
                dbname=found["NAME"], **options,
            )
        )  # fmt: skip
        return opened[-1]

    yield connected
    for one in opened:
        one.close()


@pytest.fixture
def compare(connect, scrape):
    """compare(name, sql, **labels): the figure and the truth, once others leave the server still."""
    truth = connect(autocommit=True)

    def compared(name, sql, **labels):
        deadline = time.monotonic() + 20
        while True:
            (before,) = truth.execute(sql).fetchone()
            figure = scrape(anew=True).total(name, **labels)
            (after,) = truth.execute(sql).fetchone()
            if figure == before == after or time.monotonic() > deadline:
                return figure, after

    return compared


def test_connections(compare, connect):
    for _ in range(3):
        connect(autocommit=True)
    figure, truth = compare("tacho_pg_connections", COUNT)
    assert figure == truth >= 4


def test_connections_by_state(compare, connect):
    for _ in range(3):
        connect().execute("SELECT 1")
    broken = connect()
    with pytest.raises(psycopg.errors.DivisionByZero):
        broken.execute("SELECT 1/0")
    for state, least in (("idle in transaction", 3), ("idle in transaction (aborted)", 1), ("idle", 1)):
        # The one that asks is idle while the scrape reads.
        is_asking = "pid = pg_backend_pid()" if state == "idle" else "false"
        sql = f"{COUNT} AND (state = '{state}' OR {is_asking})"
        figure, truth = compare("tacho_pg_connections", sql, state=state)
        assert figure == truth >= least, state


def test_the_reading_leaves_itself_out(scrape, connect):
    """Its own would be the only active connection of this project to this database."""
    truth = connect(autocommit=True)
    scrape()
    mine = f"{COUNT} AND application_name = 'tachograph' AND datname = current_database()"
    deadline = time.monotonic() + 10
    while truth.execute(mine).fetchone() != (0,):
        assert time.monotonic() < deadline, "the reading left its connection open"


def test_the_most_connections(scrape, connect):
    (truth,) = connect().execute("SHOW max_connections").fetchone()
    assert scrape().total("tacho_pg_max_connections") == int(truth)


def test_long_running_queries(scrape, connect):
    sleeper = connect()

    def sleep():
        with pytest.raises(psycopg.errors.QueryCanceled):
            sleeper.execute("SELECT pg_sleep(60)")

    before = scrape(anew=True).total("tacho_pg_long_running_queries")
    thread = threading.Thread(target=sleep)
    start = time.monotonic()
    thread.start()
    try:
        while scrape(anew=True).total("tacho_pg_long_running_queries") <= before:
            assert time.monotonic() - start < 15
        assert time.monotonic() - start > 1
    finally:
        sleeper.cancel_safe()
        thread.join()


def test_a_query_that_is_held_up_is_given_up(connect, monkeypatch, caplog):
    """statement_timeout ends it, for the scrape's thread is not there for ever."""
    from monitoring.saturation import postgresql

    monkeypatch.setattr(postgresql, "STATEMENT_TIMEOUT_MS", 50)
    monkeypatch.setattr(postgresql, "_CONNECTIONS", "SELECT pg_sleep(60), %s, %s, %s")
    with pytest.raises(psycopg.errors.QueryCanceled):
        postgresql.read()
