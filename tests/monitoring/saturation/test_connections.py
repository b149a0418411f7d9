"""tacho_db_connections and tacho_db_pool_wait_seconds: this project's own processes."""

import gc
import os
import subprocess
import sys
import threading
import time

import pytest
from django.db import connection, connections
from django.db.backends.postgresql.base import DatabaseWrapper

from monitoring.saturation import connections as own

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def open_connections(figure):
    return lambda alias="default", state="open": figure("tacho_db_connections", alias, state)


def of_this_process():
    """What PostgreSQL sees of us; the test database is nobody else's."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND backend_type = 'client backend'"
        )
        return cursor.fetchone()[0]


def until(value, wanted, seconds=10):
    deadline = time.monotonic() + seconds
    while value() != wanted:
        assert time.monotonic() < deadline, f"{value()} is not {wanted} within {seconds} s"


def test_opened_and_closed(open_connections):
    connection.close()
    assert open_connections() == 0
    connection.ensure_connection()
    assert open_connections() == of_this_process() == 1
    connection.close()
    connection.close()
    assert open_connections() == 0


def test_of_all_threads_also_of_those_that_end_without_closing(open_connections):
    connection.close()
    connection.ensure_connection()
    go, opened = threading.Event(), threading.Event()

    def work():
        connection.ensure_connection()
        opened.set()
        go.wait(10)
        connection.connection.close()  # what the driver's finaliser would do, with a warning

    thread = threading.Thread(target=work)
    thread.start()
    assert opened.wait(10)
    assert open_connections() == of_this_process() == 2
    go.set()
    thread.join()
    gc.collect()
    until(of_this_process, 1)
    assert open_connections() == 1


def test_a_connection_that_the_server_ended_is_gone_when_django_drops_it(open_connections):
    connection.close()
    connection.ensure_connection()
    connection.connection.close()
    connection.errors_occurred = True
    connection.close_if_unusable_or_obsolete()
    assert open_connections() == 0


def test_a_forked_child_has_those_that_it_opens(open_connections):
    connection.close()
    connection.ensure_connection()
    child = os.fork()
    if child == 0:
        try:
            mine = connections.create_connection("default")
            mine.connect()
            os._exit(own._states("default")["open"])
        finally:
            os._exit(99)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 1
    assert open_connections() == 1


@pytest.fixture
def pooled():
    """pooled() gives a wrapper of a database `pooled`, whose pool has one connection."""
    own.watch_pools()
    given = connection.settings_dict
    pool = {"min_size": 1, "max_size": 1, "timeout": 10}
    settings = given | {"CONN_MAX_AGE": 0, "OPTIONS": given["OPTIONS"] | {"pool": pool}}
    yield lambda: DatabaseWrapper(settings, "pooled")
    DatabaseWrapper(settings, "pooled").close_pool()


def states(open_connections):
    return {state: open_connections("pooled", state) for state in ("open", "in_use", "idle", "waiting")}


def test_a_pool_and_the_wait_for_it(pooled, open_connections, figure):
    first = pooled()
    first.ensure_connection()
    assert states(open_connections) == {"open": 1, "in_use": 1, "idle": 0, "waiting": 0}

    def wait_for_it():
        second = pooled()
        second.ensure_connection()
        second.close()

    thread = threading.Thread(target=wait_for_it)
    start = time.monotonic()
    thread.start()
    until(lambda: states(open_connections), {"open": 1, "in_use": 1, "idle": 0, "waiting": 1})
    waited = time.monotonic() - start
    first.close()
    thread.join(10)
    until(lambda: states(open_connections), {"open": 1, "in_use": 0, "idle": 1, "waiting": 0})
    stats = first.pool.get_stats()
    assert (stats["pool_size"], stats["pool_available"]) == (1, 1)
    assert figure("tacho_db_pool_wait_seconds") == 2
    assert pool_wait_sum() == pytest.approx(waited, abs=0.5)


def pool_wait_sum():
    from monitoring.cells.reader import read

    (found,) = [one for one in read()[0] if one.key.name == "tacho_db_pool_wait_seconds"]
    return found.cells[-1]


def test_a_wait_in_vain_is_a_wait(pooled, open_connections, figure):
    from django.db import OperationalError

    first, second = pooled(), pooled()
    first.ensure_connection()
    first.pool.timeout = 0.1
    with pytest.raises(OperationalError):
        second.ensure_connection()
    assert states(open_connections) == {"open": 1, "in_use": 1, "idle": 0, "waiting": 0}
    assert figure("tacho_db_pool_wait_seconds") == 2
    first.close()


def test_a_pool_of_somebody_else_is_not_measured(pooled, figure):
    from psycopg_pool import ConnectionPool

    parameters = {key: value for key, value in connection.get_connection_params().items() if key != "context"}
    with ConnectionPool(kwargs=parameters, min_size=1, max_size=1) as pool, pool.connection():
        pass
    assert figure("tacho_db_pool_wait_seconds") == 0


NATIVE = """
import django; django.setup()
from django.db import connection
from prometheus_client import generate_latest
connection.ensure_connection()
from monitoring.exposition import registry
print(generate_latest(registry).decode())
connection.close(); connection.close_pool()
"""


def test_the_platform_with_native_pooling(tmp_path, repository):
    env = os.environ | {"DB_POOLING": "native", "TACHOGRAPH_DIR": str(tmp_path)}
    given = connection.settings_dict
    env |= {
        "DATABASE_URL": f"postgres://{given['USER']}:{given['PASSWORD']}@{given['HOST']}:{given['PORT']}/{given['NAME']}",
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "PYTHONPATH": f"{repository}:{repository / 'platform'}",
    }
    run = subprocess.run([sys.executable, "-c", NATIVE], env=env, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert 'tacho_db_connections{alias="default",state="in_use"} 1.0' in run.stdout
    assert "tacho_db_pool_wait_seconds_count 1.0" in run.stdout
