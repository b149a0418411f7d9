"""A cluster of these tests' own, and whoever is connected to it."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from devservices.postgres import Postgres
from devservices.session import throw_away_folder, throw_away_postgres


@pytest.fixture(scope="package")
def place() -> Iterator[Path]:
    with throw_away_folder("servers") as folder:
        yield folder


@pytest.fixture(scope="package")
def cluster(place: Path) -> Iterator[Postgres]:
    """A PostgreSQL that nobody else uses."""
    with throw_away_postgres(place, {"max_connections": "20"}) as server:
        yield server


@pytest.fixture
def connect(cluster) -> Iterator[Callable[..., psycopg.Connection]]:
    """connect() as the application's role; closed after the test."""
    opened: list[psycopg.Connection] = []

    def connected(**options) -> psycopg.Connection:
        opened.append(psycopg.connect(cluster.url, **options))
        return opened[-1]

    yield connected
    for one in opened:
        one.close()


@pytest.fixture
def until() -> Callable[[Callable[[], object]], object]:
    """until(condition) gives what it gives once that is true, within 20 s."""

    def wait(condition: Callable[[], object]) -> object:
        deadline = time.monotonic() + 20
        while not (found := condition()):
            assert time.monotonic() < deadline, "it did not happen within 20 s"
        return found

    return wait
