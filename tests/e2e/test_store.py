"""The store under load, with workers that are recycled, killed and stopped: its sums are what was sent.

STORE_REQUESTS=50000 STORE_OUTAGE=20 is the long form.
"""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import closing
from itertools import cycle, islice

import psycopg
import pytest

from devservices.session import throw_away_postgres
from tests.e2e.figures import until
from tests.e2e.load import Tally, send, send_all
from tests.e2e.test_celery import SEND, Worker
from tests.e2e.web import Gunicorn, Uvicorn

REQUESTS = int(os.environ.get("STORE_REQUESTS", "5000"))
OUTAGE_S = float(os.environ.get("STORE_OUTAGE", "4"))
WORKERS, THREADS, CLIENTS = 4, 4, 16
FOUR = ("--workers", str(WORKERS), "--threads", str(THREADS))
# Three that do nothing to one that asks the database once.
PATHS = ("/ping", "/ping", "/ping", "/work")
INTERVAL_S = 0.5


class Stored:
    """The sums in the tables, since this object was made."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._before = self._sums()

    def _sums(self) -> dict[tuple[str, str, int], int]:
        with closing(psycopg.connect(self._url)) as connection:
            rows = connection.execute(
                "SELECT 'runs', o.name, p.level, sum(p.runs)::int FROM tachograph_operation_period p"
                " JOIN tachograph_operation o ON o.id = p.operation_id GROUP BY 2, 3 UNION ALL "
                "SELECT 'queries', o.name, p.level, sum(p.runs)::int FROM tachograph_query_period p"
                " JOIN tachograph_operation o ON o.id = p.operation_id GROUP BY 2, 3"
            )
            return {(what, name, level): number for what, name, level, number in rows}

    def __call__(self, what: str, *names: str) -> int:
        """The `runs`, or `queries`, of operations: the same by minutes, hours and days."""
        now = self._sums()
        by_level = {
            sum(now.get((what, name, level), 0) - self._before.get((what, name, level), 0) for name in names)
            for level in (1, 2, 3)
        }
        (found,) = by_level
        return found

    def until(self, true: Callable[["Stored"], bool], seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while not true(self):
            assert time.monotonic() < deadline, f"not within {seconds} s: {self._sums()}"
            time.sleep(0.1)


@pytest.fixture
def env(sample_env):
    return sample_env | {"TACHOGRAPH_STORE": "1", "STORE_INTERVAL": str(INTERVAL_S)}


@pytest.fixture
def stored(env) -> Stored:
    return Stored(env["DATABASE_URL"])


def paths(number: int) -> list[str]:
    return list(islice(cycle(PATHS), number))


def recycled(number: int) -> tuple[str, ...]:
    """Each worker is replaced some times in the course of `number` requests."""
    return ("--max-requests", str(number // 12), "--max-requests-jitter", str(number // 50))


@pytest.mark.parametrize(("number", "arguments"), [(REQUESTS, ()), (REQUESTS // 5, ("--preload",))])
def test_of_recycled_and_stopped_workers_nothing_is_lost(env, stored, folder, number, arguments):
    with Gunicorn(folder / f"store-{number}", env, *FOUR, *recycled(number), *arguments) as server:
        tally = send_all(server.port, paths(number), clients=CLIENTS)
        figures = server.figures()
    assert (tally.statuses, tally.broken) == ({200: number}, 0)
    assert figures.total("tacho_store_dropped_total") == figures.total("tacho_recorder_errors_total") == 0
    assert stored("runs", "GET /ping") == number * 3 // 4
    assert stored("runs", "GET /work") == stored("queries", "GET /work") == number // 4


async def test_of_a_killed_worker_only_what_was_in_flight_is_lost(env, stored, folder):
    """Of its queries those of the last moments are lost as well: they were in its memory."""
    with Gunicorn(folder / "store-killed", env, *FOUR) as server:
        tally = Tally()
        number = REQUESTS // 2
        load = asyncio.create_task(send(server.port, paths(number), clients=CLIENTS, tally=tally))
        while tally.answered < number // 3:
            await asyncio.sleep(0.01)
        os.kill(json.loads(tally.last_body)["pid"], signal.SIGKILL)
        await load
        await asyncio.to_thread(stored.until, lambda now: now("runs", "GET /ping", "GET /work") >= number)
    assert tally.broken <= CLIENTS
    assert number <= stored("runs", "GET /ping", "GET /work") <= number + tally.broken
    assert 0 < stored("queries", "GET /work") <= stored("runs", "GET /work")


def test_two_hosts_that_write_at_once_add_up(env, stored, folder):
    """Two folders of figures share nothing but the database, as two machines do."""
    number = REQUESTS // 5
    with (
        Gunicorn(folder / "host-a", env, "--workers", "2") as first,
        Gunicorn(folder / "host-b", env, "--workers", "2") as second,
    ):

        async def both() -> list[Tally]:
            servers = [send(server.port, paths(number), clients=6) for server in (first, second)]
            return await asyncio.gather(*servers)

        assert [tally.statuses for tally in asyncio.run(both())] == [{200: number}] * 2
    assert stored("runs", "GET /ping") == 2 * number * 3 // 4
    assert stored("runs", "GET /work") == stored("queries", "GET /work") == 2 * number // 4


@pytest.fixture(scope="module")
def own_database(folder, sample_env, run):
    """A PostgreSQL that may be stopped, with the sample service's tables."""
    (folder / "outage").mkdir(mode=0o711)
    with throw_away_postgres(folder / "outage") as server:
        env = sample_env | {"DATABASE_URL": server.url}
        run([sys.executable, "-m", "django", "migrate", "--run-syncdb", "--verbosity=0"], env)
        with psycopg.connect(server.url) as connection:
            connection.execute("INSERT INTO sample_shelf (name) VALUES ('shelf')")
            connection.execute("INSERT INTO sample_book (shelf_id, title, pages) VALUES (1, 'book', 3)")
        yield server


def test_no_request_fails_while_the_database_is_down(env, own_database, folder):
    """A view that needs no database is asked before, during and after; the loss is what the metric says."""
    stored = Stored(own_database.url)
    env = env | {"DATABASE_URL": own_database.url}
    with Gunicorn(folder / "outage-web", env, *FOUR) as server:
        assert send_all(server.port, paths(400)).statuses == {200: 400}
        own_database.stop()
        asked = 0
        back_at = time.monotonic() + OUTAGE_S
        while time.monotonic() < back_at:
            assert send_all(server.port, ["/ping"] * 200).statuses == {200: 200}
            asked += 200
        own_database.start()
        assert send_all(server.port, paths(400)).statuses == {200: 400}
        figures = until(server.figures, lambda now: now.total("tacho_store_waiting_rows") == 0, 60)
        assert figures.total("tacho_store_failures_total") > 0
        assert figures.total("tacho_recorder_errors_total") == 0, server.log.read_text()
    lost = figures.total("tacho_store_dropped_total", what="queries")
    assert stored("runs", "GET /ping") == asked + 600
    assert stored("runs", "GET /work") == 200
    assert stored("queries", "GET /work") == 200 - lost
    assert lost == 0


def test_the_loss_of_a_process_that_ends_meanwhile_is_what_the_metric_says(env, own_database, folder):
    """What its cells held is written by the next one; its queries are gone, and counted."""
    stored = Stored(own_database.url)
    server = Gunicorn(
        folder / "loss-web",
        env | {"DATABASE_URL": own_database.url, "STORE_INTERVAL": "600"},
        *FOUR,
    )
    with server:
        assert send_all(server.port, ["/work"] * 40).statuses == {200: 40}
        own_database.stop()
    own_database.start()
    with server:
        assert send_all(server.port, ["/work"] * 20).statuses == {200: 20}
        lost = server.figures().total("tacho_store_dropped_total", what="queries")
    assert stored("runs", "GET /work") == 60
    assert (stored("queries", "GET /work"), lost) == (20, 40)


FORK = """
import os
import django
django.setup()
from monitoring import operation
from monitoring.store import install
from tests.e2e.sample.models import Book

def work(name):
    with operation(name):
        Book.objects.count()

work("forks.parent")
install._service.take_in()
install._service.flush()  # it is the writer now, and its connection is open
if (child := os.fork()) == 0:
    from django.db import connections
    connections["default"].connection = None  # the parent's
    work("forks.child")
    install.stop()
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
work("forks.parent")
install._service.take_in()
install._service.flush()
work("forks.parent")
"""


def test_a_forked_child_leaves_its_parents_store_alone(env, stored, folder, run):
    cells = {"TACHOGRAPH_DIR": str(folder / "forks")}
    run([sys.executable, "-c", FORK], env | cells | {"STORE_INTERVAL": "600"})
    assert (stored("runs", "forks.parent"), stored("queries", "forks.parent")) == (3, 3)
    assert (stored("runs", "forks.child"), stored("queries", "forks.child")) == (1, 1)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_asgi_server_that_is_stopped_writes_what_it_has(env, stored, folder, workers):
    env = env | {"STORE_INTERVAL": "600"}
    with Uvicorn(folder / f"store-asgi-{workers}", env, "--workers", workers) as server:
        assert send_all(server.port, ["/work"] * 20).statuses == {200: 20}
    assert stored("runs", "GET /work") == stored("queries", "GET /work") == 20


def test_a_command_writes_what_it_has(env, stored, run):
    run([sys.executable, "-m", "django", "showmigrations"], env | {"STORE_INTERVAL": "600"})
    assert stored("runs", "showmigrations") == 1
    assert stored("queries", "showmigrations") > 0


def test_celerys_children_write_before_they_are_replaced(env, stored, folder, run):
    env = env | {"STORE_INTERVAL": "600"}
    with Gunicorn(folder / "store-tasks", env, "--workers", "1") as server:
        with Worker(folder / "store-celery", env | {"TACHOGRAPH_DIR": str(server.cells)}):
            run([sys.executable, "-c", SEND, "60", "3"], sample_only(env))
            ended = "tacho_operations_total"
            until(server.figures, lambda now: now.total(ended, kind="task") >= 75, 60)
        assert stored("queries", "sample.reads") == 180
    assert stored("runs", "sample.reads") == 60


def sample_only(env: dict[str, str]) -> dict[str, str]:
    """The sender keeps nothing."""
    return env | {"TACHOGRAPH_STORE": "0"}
