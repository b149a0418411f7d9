"""What the contestants work on: a database of their own, filled once, and the keys in Redis."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from devservices.session import throw_away_servers

from .contestants import CONTESTANTS, ROOT

COMPANIES, CADETS = 20, 150


@contextmanager
def world() -> Iterator[dict[str, str]]:
    """Yields the environment of a contestant's process. Servers, database and folder end with the block."""
    with tempfile.TemporaryDirectory(prefix="tachograph-bench-") as folder, throw_away_servers() as urls:
        server = urls.get("DATABASE_URL") or os.environ["DATABASE_URL"]
        with own_database(server) as database:
            env = {
                **os.environ,
                **urls,
                "DATABASE_URL": database,
                "DJANGO_SETTINGS_MODULE": "bench.lab.settings",
                "PYTHONPATH": str(ROOT),
                "PYTHONHASHSEED": "0",
                "BENCH_FOLDER": folder,
            }
            _run("fill", env, "bare")
            for contestant in ("silk", "tachograph-store"):  # they keep what they record in tables
                if not CONTESTANTS[contestant].missing():
                    _run("migrate", env, contestant)
            yield env


def _run(step: str, env: dict[str, str], contestant: str) -> None:
    command = [sys.executable, "-m", "bench.world", step]
    subprocess.run(command, env={**env, "BENCH_CONTESTANT": contestant}, check=True)


@contextmanager
def figures_folder() -> Iterator[str]:
    """A TACHOGRAPH_DIR of one process: in shared memory, as it is by default."""
    shared = Path("/dev/shm")  # noqa: S108  (the folder made in it is private)
    with tempfile.TemporaryDirectory(
        prefix="tachograph-bench-", dir=shared if os.access(shared, os.W_OK) else None
    ) as folder:
        yield folder


@contextmanager
def own_database(server: str) -> Iterator[str]:
    """A new database on the server, gone after the block. Yields its address."""
    name = f"tachograph_bench_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def fill() -> None:
    """Make the tables, the rows and the keys."""
    migrate()
    from django.core.cache import cache
    from django.db import connection

    from .lab.models import Cadet, Company
    from .lab.views import KEYS

    companies = Company.objects.bulk_create(
        Company(name=f"Company {n}", city=f"City {n}") for n in range(COMPANIES)
    )
    Cadet.objects.bulk_create(
        Cadet(
            company=companies[n % COMPANIES],
            first_name=f"First{n}",
            last_name=f"Last{n}",
            email=f"cadet{n}@example.org",
            year=1 + n % 4,
            joined=dt.date(2024, 9, 1),
        )
        for n in range(CADETS)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    for number, key in enumerate(KEYS):
        cache.set(key, {"value": number, "name": f"item {number}", "tags": ["a", "b", "c"]}, None)


def migrate() -> None:
    """Make the tables of this contestant."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", run_syncdb=True, verbosity=0, skip_checks=True)


if __name__ == "__main__":
    {"fill": fill, "migrate": migrate}[sys.argv[1]]()
