"""A scrape reads the servers seldom, waits for none of them long, and has no part of what is not there."""

import os
import subprocess
import sys
import threading
import time

import pytest
from django.db import connections

from monitoring import switch
from monitoring.saturation import collector
from monitoring.saturation import part as parts
from monitoring.saturation.collector import PARTS
from tests.monitoring.saturation.servers import Forwarder, closed_port, silent_port

PREFIXES = ("tacho_pg_", "tacho_redis_", "tacho_celery_")


def of_servers(figures):
    return {name for name, _ in figures.samples if name.startswith(PREFIXES)}


def parts_up(figures):
    return {dict(labels)["part"]: value for (name, labels), value in figures.samples.items()
            if name == "tacho_scrape_part_up"}  # fmt: skip


@pytest.fixture
def move(monkeypatch, settings):
    """move(port): PostgreSQL, the caches' Redis and the broker are behind that port now."""

    def moved(port):
        monkeypatch.setitem(connections.settings["default"], "PORT", str(port))
        url = f"redis://127.0.0.1:{port}/0"
        settings.CACHES = {"default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": url}}
        monkeypatch.setenv("CELERY_BROKER_URL", url)

    return moved


@pytest.mark.parametrize("broken", [closed_port, silent_port], ids=["down", "hanging"])
def test_servers_that_are_down_or_hang_leave_the_rest_of_the_scrape(scrape, move, broken, caplog):
    with broken() as port:
        move(port)
        start = time.monotonic()
        figures = scrape()
        assert time.monotonic() - start < 3
        for part in PARTS:
            part.reading(time.monotonic() + 30)  # until the drivers have given up
    assert of_servers(figures) == set()
    assert parts_up(figures) == {"postgresql": 0, "redis": 0, "celery": 0}
    assert figures.total("tacho_slots", state="used") == 1
    assert figures.total("tacho_worker_starts_total") == 1
    assert caplog.text.count("cannot be read for /metrics") == 3


@pytest.mark.usefixtures("db")
def test_servers_that_are_up(scrape):
    figures = scrape()
    assert parts_up(figures) == {"postgresql": 1, "redis": 1, "celery": 1}
    assert {name.split("_")[1] for name in of_servers(figures)} == {"pg", "redis", "celery"}


def test_a_server_that_is_back_is_shown_again_and_its_next_failure_is_told(scrape, settings, caplog):
    good = settings.CACHES
    for number in (1, 2):
        with closed_port() as port:
            down = f"redis://127.0.0.1:{port}/0"
            settings.CACHES = {"default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": down}}
            assert parts_up(scrape(anew=number == 1))["redis"] == 0
        settings.CACHES = good
        redis = next(part for part in PARTS if part.name == "redis")
        redis._due = 0.0  # five seconds later
        assert parts_up(scrape())["redis"] == 1
        assert caplog.text.count("redis cannot be read") == number
        redis._due = 0.0


@pytest.mark.usefixtures("db")
def test_two_scrapes_within_five_seconds_read_the_database_once(scrape, monkeypatch):
    database = connections.settings["default"]
    forwarder = Forwarder(database["HOST"], int(database["PORT"] or 5432))
    try:
        monkeypatch.setitem(database, "HOST", "127.0.0.1")
        monkeypatch.setitem(database, "PORT", str(forwarder.port))
        first, second = scrape(), scrape()
        assert forwarder.accepted == 1
        assert first.total("tacho_pg_connections") == second.total("tacho_pg_connections") > 0
        monkeypatch.setattr(parts, "MAX_AGE_S", 0.0)
        scrape(anew=True)
        scrape()
        assert forwarder.accepted == 3
    finally:
        forwarder.close()


def test_a_database_that_is_down_is_tried_once_in_five_seconds(scrape, monkeypatch):
    forwarder = Forwarder("127.0.0.1", 1)  # where nobody listens
    try:
        monkeypatch.setitem(connections.settings["default"], "HOST", "127.0.0.1")
        monkeypatch.setitem(connections.settings["default"], "PORT", str(forwarder.port))
        for _ in range(3):
            assert parts_up(scrape())["postgresql"] == 0
        assert forwarder.accepted == 1
    finally:
        forwarder.close()


def test_a_reading_that_never_ends_is_waited_for_two_seconds(scrape, monkeypatch):
    end = threading.Event()
    stuck = parts.Part("stuck", lambda: end.wait(20) and [])
    monkeypatch.setattr(collector, "PARTS", (stuck,))
    start = time.monotonic()
    assert parts_up(scrape()) == {"stuck": 0}
    assert 1 < time.monotonic() - start < 3
    end.set()
    assert stuck.reading(time.monotonic() + 30).up
    assert parts_up(scrape()) == {"stuck": 1}


def test_scrapes_at_the_same_time_share_a_reading(scrape, monkeypatch):
    readings, go = [], threading.Event()

    def read():
        readings.append(1)
        go.wait(10)
        return []

    part = parts.Part("slow", read)
    found = []

    def visit():
        part.begin()
        found.append(part.reading(time.monotonic() + 10))

    visitors = [threading.Thread(target=visit) for _ in range(5)]
    for visitor in visitors:
        visitor.start()
    go.set()
    for visitor in visitors:
        visitor.join()
    assert readings == [1]
    assert [reading.up for reading in found] == [True] * 5


@pytest.mark.usefixtures("db")
def test_what_a_scrape_asks_is_in_no_figure_of_the_recorder(scrape):
    scrape()
    figures = scrape(anew=True)
    assert parts_up(figures)["postgresql"] == 1
    for name in (
        "tacho_db_query_duration_seconds_count",
        "tacho_db_plumbing_total",
        "tacho_db_transactions_total",
        "tacho_recorder_unattributed_queries_total",
        "tacho_operation_db_queries_sum",
        "tacho_cache_calls_total",
        "tacho_recorder_errors_total",
    ):
        assert figures.total(name) == 0, name


def test_while_recording_is_paused_nothing_is_read(scrape):
    switch.pause()
    try:
        figures = scrape()
    finally:
        switch.resume()
    assert of_servers(figures) == set()
    assert parts_up(figures) == {}


NOT_INSTALLED = ("celery", "kombu", "redis", "django_redis", "psycopg", "psycopg2", "psycopg_pool")
BARE_PROJECT = f"""
import sys
for name in {NOT_INSTALLED!r}:
    sys.modules[name] = None  # as if it were not installed
import django
from django.conf import settings
settings.configure(
    INSTALLED_APPS=["monitoring"], MIDDLEWARE=["monitoring.middleware.RecorderMiddleware"],
    ROOT_URLCONF="monitoring.urls", ALLOWED_HOSTS=["testserver"],
    DATABASES={{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}}},
)
django.setup()
from django.db import connection
from django.test import Client
connection.ensure_connection()
response = Client().get("/metrics", REMOTE_ADDR="127.0.0.1")
assert response.status_code == 200, response.content
print(response.content.decode())
"""


def test_a_project_without_postgresql_redis_and_celery_has_none_of_their_families(tmp_path):
    env = {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", BARE_PROJECT],
        env=env | {"TACHOGRAPH_DIR": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    assert not any(prefix in run.stdout for prefix in PREFIXES)
    assert "tacho_scrape_part_up{" not in run.stdout
    assert 'tacho_db_connections{alias="default",state="open"} 1.0' in run.stdout
