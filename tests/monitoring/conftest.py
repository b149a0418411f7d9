"""What the recorder's own tests share: a folder of figures for each test, and the operations that ended."""

from collections.abc import Callable, Iterator

import psycopg
import pytest

from monitoring.cells import process
from monitoring.cells.reader import read
from monitoring.conf import conf
from monitoring.hooks import on_finish
from monitoring.record import Operation


@pytest.fixture(autouse=True)
def own_figures(tmp_path, monkeypatch) -> Iterator[None]:
    """Each test counts from zero, in a folder of its own."""
    monkeypatch.setenv("TACHOGRAPH_DIR", str(tmp_path / "figures"))
    conf.cache_clear()
    process.forget()
    yield
    process.forget()
    conf.cache_clear()


@pytest.fixture
def ended() -> Iterator[list[Operation]]:
    """The operations that ended during the test, in order."""
    operations: list[Operation] = []
    receiver = on_finish.connect(operations.append)
    yield operations
    on_finish.disconnect(receiver)


@pytest.fixture
def use_server(monkeypatch) -> Callable[[str], None]:
    """use_server(url): the recorder's own connections go there; Django's stay where they are."""
    from django.db import connections

    def use(url: str) -> None:
        parts = psycopg.conninfo.conninfo_to_dict(url)
        keys = {"HOST": "host", "PORT": "port", "USER": "user", "PASSWORD": "password", "NAME": "dbname"}
        for key, name in keys.items():
            monkeypatch.setitem(connections.settings["default"], key, parts[name])

    return use


@pytest.fixture
def figure() -> Callable[..., float]:
    """`figure("tacho_operations", "request", "GET /x", ...)`: a counter's or gauge's value over all slots."""

    def value(name: str, *values: str) -> float:
        series, _ = read()
        return sum(
            one.cells[0] if one.key.type != "h" else sum(one.cells[:-1])
            for one in series
            if one.key.name == name and one.key.values[: len(values)] == values
        )

    return value
