"""A PostgreSQL and a Redis that only these tests use, and web servers before them."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

from devservices.postgres import Postgres
from devservices.redis import Redis
from devservices.session import throw_away_folder, throw_away_postgres
from tests.e2e.statement_log import SETTINGS, StatementLog
from tests.e2e.web import ROOT, WebServer

BOOKS, SHELVES = 100, 40


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    with throw_away_folder("e2e") as found:
        yield found


@pytest.fixture(scope="session")
def logging_postgres(folder: Path) -> Iterator[Postgres]:
    """A cluster whose log holds every statement."""
    with throw_away_postgres(folder, SETTINGS) as server:
        yield server


@pytest.fixture(scope="session")
def private_redis(folder: Path) -> Iterator[Redis]:
    with Redis(folder) as server:
        yield server


Run = Callable[[list[str], dict[str, str]], str]


@pytest.fixture(scope="session")
def run(folder: Path) -> Run:
    """run(command, env) waits for a command's success, and returns what it said."""
    elsewhere = {"TACHOGRAPH_DIR": str(folder / "commands")}

    def run(command: list[str], env: dict[str, str]) -> str:
        env = {**os.environ, **elsewhere, **env}
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="session")
def statement_log(logging_postgres: Postgres) -> Iterator[StatementLog]:
    log = StatementLog(logging_postgres.data / "log" / "statements.json", logging_postgres.admin_url)
    yield log
    log.close()


@pytest.fixture(scope="session")
def sample_env(logging_postgres: Postgres, private_redis: Redis, run: Run) -> dict[str, str]:
    """What the sample service's processes need to know; its tables are made and filled."""
    env = {
        "DATABASE_URL": logging_postgres.url,
        "REDIS_URL": private_redis.url,
        "DJANGO_SETTINGS_MODULE": "tests.e2e.sample.settings",
        "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}",
    }
    migrate = [sys.executable, "-m", "django", "migrate", "--run-syncdb", "--verbosity=0"]
    run(migrate, env)
    with psycopg.connect(logging_postgres.url) as connection:
        connection.execute(
            f"INSERT INTO sample_shelf (name) SELECT 'shelf ' || n FROM generate_series(1, {SHELVES}) n"
        )
        connection.execute(
            "INSERT INTO sample_book (shelf_id, title, pages)"
            f" SELECT 1 + n % {SHELVES}, 'book ' || n, n FROM generate_series(1, {BOOKS}) n"
        )
    return env


PEOPLE = 200_000
FILL_PEOPLE = f"""
INSERT INTO people_person (name, email, city)
SELECT 'name ' || n, 'person' || n || '@example.org', 'city ' || n % 50 FROM generate_series(1, {PEOPLE}) n
"""


@pytest.fixture(scope="session")
def people_env(logging_postgres: Postgres, private_redis: Redis, run: Run, folder: Path) -> dict[str, str]:
    """What the people service's processes need to know: its store is on, a query slow from 5 ms on."""
    with psycopg.connect(logging_postgres.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE people")
    budgets = folder / "people.toml"
    budgets.write_text(
        (ROOT / "budgets.toml").read_text().replace("slow_query_ms = 100", "slow_query_ms = 5")
    )
    env = {
        "DATABASE_URL": logging_postgres.url.rpartition("/")[0] + "/people",
        "REDIS_URL": private_redis.url,
        "DJANGO_SETTINGS_MODULE": "tests.e2e.people.settings",
        "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}",
        "PEOPLE_BUDGETS": str(budgets),
        "TACHOGRAPH_STORE": "1",
        "STORE_INTERVAL": "0.2",
    }
    run([sys.executable, "-m", "django", "migrate", "--run-syncdb", "--verbosity=0"], env)
    with psycopg.connect(env["DATABASE_URL"]) as connection:
        connection.execute(FILL_PEOPLE)
    with psycopg.connect(env["DATABASE_URL"]) as connection:  # after it was told what has changed
        connection.execute("ANALYZE people_person")
    return env


# Two real regions, the Bangsamoro and the Zamboanga Peninsula, with a few communities.
PLATFORM_DATA = """
import django
django.setup()
from communities.domain.demo import demo_seed
from django.core.management import call_command
from geography.domain.loading import release_load
from geography.domain.release import packaged_path, read_packaged

call_command("migrate", verbosity=0)
release_load(rows=[row for row in read_packaged(packaged_path()) if row.code[:2] in ("09", "19")])
demo_seed(count=300)
call_command("seed_demo")
"""


@pytest.fixture(scope="session")
def platform_env(logging_postgres: Postgres, private_redis: Redis, run: Run) -> dict[str, str]:
    """What the platform's processes need to know, as `make run` tells them; a part of its data."""
    with psycopg.connect(logging_postgres.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE platform")
    env = {
        "DATABASE_URL": logging_postgres.url.rpartition("/")[0] + "/platform",
        "REDIS_URL": private_redis.url,
        "DJANGO_SETTINGS_MODULE": "config.settings.development",
        "DEBUG": "false",
        "DEMO_ADMIN_PASSWORD": "the administrator of a test",
        "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}",
    }
    run([sys.executable, "-c", PLATFORM_DATA], env)
    return env


@pytest.fixture(scope="module")
def serve(folder: Path) -> Iterator[Callable[..., WebServer]]:
    """serve(Gunicorn, env, *arguments) starts a server, stopped when the module's tests are done.

    Whatever a test asserts of it, its recorder must have had no fault and left nothing out.
    """
    started: list[WebServer] = []
    numbers = count(len(list(folder.glob("web-*"))))

    def start(kind: type[WebServer], env: dict[str, str], *arguments: str) -> WebServer:
        server = kind(folder / f"web-{next(numbers)}", env, *arguments)
        started.append(server)
        server.start()
        return server

    yield start
    try:
        for server in started:
            figures = server.figures()
            assert figures.total("tacho_recorder_errors_total") == 0, server.log.read_text()
            assert figures.total("tacho_recorder_dropped_total") == 0
    finally:
        for server in started:
            server.stop()
