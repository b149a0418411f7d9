"""tacho_pg_*: what pg_stat_activity says to the application's own role."""

import threading
import time

import psycopg
import pytest
from django.db import OperationalError, connection, connections

from devservices.pgbouncer import PgBouncer
from monitoring.saturation import postgresql

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
                **{"dbname": found["NAME"]} | options,
            )
        )  # fmt: skip
        return opened[-1]

    yield connected
    for one in opened:
        one.close()


@pytest.fixture
def compare(connect, scrape, monkeypatch):
    """compare(name, where, **labels): the figure and the truth, both of the test database, which is ours."""
    ours = postgresql._CONNECTIONS.replace("GROUP BY", "AND datname = current_database() GROUP BY")
    monkeypatch.setattr(postgresql, "_CONNECTIONS", ours)
    truth = connect(autocommit=True)

    def compared(name, where="application_name <> 'tachograph'", **labels):
        deadline = time.monotonic() + 3  # a backend of the test before may be ending, as may the scrape's own
        while True:
            figure = scrape(anew=True).total(name, **labels)
            (true,) = truth.execute(f"{COUNT} AND datname = current_database() AND {where}").fetchone()
            if figure == true or time.monotonic() > deadline:
                return figure, true

    return compared


def test_connections(compare, connect):
    for _ in range(3):
        connect(autocommit=True)
    figure, truth = compare("tacho_pg_connections")
    assert figure == truth >= 4


def test_connections_to_all_databases_of_the_server(scrape, connect):
    """Others use it too: until it is still."""
    truth = connect(autocommit=True)
    connect(dbname="postgres")
    deadline = time.monotonic() + 20
    while True:
        (before,) = truth.execute(COUNT).fetchone()
        figure = scrape(anew=True).total("tacho_pg_connections")
        if figure == before == truth.execute(COUNT).fetchone()[0]:
            return
        assert time.monotonic() < deadline


def test_connections_by_state(compare, connect):
    for _ in range(3):
        connect().execute("SELECT 1")
    broken = connect()
    with pytest.raises(psycopg.errors.DivisionByZero):
        broken.execute("SELECT 1/0")
    for state, least in (("idle in transaction", 3), ("idle in transaction (aborted)", 1), ("idle", 1)):
        # The one that asks is idle while the scrape reads.
        is_asking = "pid = pg_backend_pid()" if state == "idle" else "false"
        where = f"(state = '{state}' OR {is_asking})"
        figure, truth = compare("tacho_pg_connections", where, state=state)
        assert figure == truth >= least, state


def test_the_reading_leaves_no_connection_behind(scrape, connect):
    truth = connect(autocommit=True)
    scrape()
    mine = f"{COUNT} AND application_name = 'tachograph' AND datname = current_database()"
    deadline = time.monotonic() + 10
    while truth.execute(mine).fetchone() != (0,):
        assert time.monotonic() < deadline, "the reading left its connection open"


def test_the_most_connections(scrape, connect):
    (truth,) = connect().execute("SHOW max_connections").fetchone()
    assert scrape().total("tacho_pg_max_connections") == int(truth)


def test_long_running_queries(compare, connect):
    sleeper, truth = connect(), connect(autocommit=True)
    long = "state = 'active' AND clock_timestamp() - query_start > interval '1 second'"

    def sleep():
        with pytest.raises(psycopg.errors.QueryCanceled):
            sleeper.execute("SELECT pg_sleep(60)")

    thread = threading.Thread(target=sleep)
    thread.start()
    try:
        deadline = time.monotonic() + 15
        while truth.execute(f"{COUNT} AND {long} AND pid = {sleeper.info.backend_pid}").fetchone() == (0,):
            assert time.monotonic() < deadline
        figure, there = compare("tacho_pg_long_running_queries", long)
        assert figure == there == 1
    finally:
        sleeper.cancel_safe()
        thread.join()


def test_a_query_that_is_held_up_is_given_up(connect, monkeypatch, caplog):
    """statement_timeout ends it, for the scrape's thread is not there for ever."""
    monkeypatch.setattr(postgresql, "STATEMENT_TIMEOUT_MS", 50)
    monkeypatch.setattr(postgresql, "_CONNECTIONS", "SELECT pg_sleep(60), %s, %s, %s")
    with pytest.raises(OperationalError, match="statement timeout"):
        postgresql.read()


@pytest.fixture
def pgbouncer(tmp_path):
    """A pooler, in transaction mode, of one connection to the test database."""
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o711)  # it runs as another user
    found = connection.settings_dict
    credentials = f"{found['USER']}:{found['PASSWORD']}@{found['HOST']}:{found['PORT']}"
    with PgBouncer(tmp_path, f"postgres://{credentials}/{found['NAME']}", pool_size=1) as pool:
        yield pool


@pytest.mark.needs("pgbouncer")
def test_through_pgbouncer_the_server_is_read_and_left_as_it_was(pgbouncer, compare, monkeypatch):
    behind = {"HOST": "127.0.0.1", "PORT": str(pgbouncer.port), "OPTIONS": {"prepare_threshold": None}}
    for key, value in behind.items():
        monkeypatch.setitem(connections.settings["default"], key, value)
    figure, truth = compare("tacho_pg_connections", "true")
    assert figure == truth  # the pooled one, which the reading used, is there afterwards, and counts
    with psycopg.connect(pgbouncer.url, prepare_threshold=None) as next_client:
        assert next_client.execute("SHOW statement_timeout").fetchone() == ("0",)
