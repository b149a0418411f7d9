"""A real service under bounded traffic, and a real Prometheus that scrapes it by the rendered rules."""

import json
import os
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from django.db import connection

from accounts.models import User
from devservices.processes import HOST
from devservices.prometheus import Prometheus, local_prometheus
from devservices.server import Server, answers_http
from monitoring.budgets.load import load
from monitoring.budgets.rules import Clock, render

# One hour is 18 s, five minutes are 1.5 s: three scrapes.
SCALE = 1 / 200
INTERVAL = "500ms"
PATH = "/api/municipalities?limit=10"
CLIENTS = 3
# At most this many requests, whatever happens.
REQUESTS_PER_CLIENT = 1500
PAUSE_S = 0.05


class Gunicorn(Server):
    """The service as gunicorn.conf.py starts it, with two workers and a fault that a file switches on."""

    name = "gunicorn"

    def __init__(self, root: Path, folder: Path) -> None:
        super().__init__(folder / "gunicorn")
        self.root = root
        self.fault = folder / "slow"

    def command(self) -> list[str]:
        options = ["--config", f"{self.root}/gunicorn.conf.py", "--chdir", f"{self.root}/platform"]
        address = ["--bind", f"{HOST}:{self.port}", "--workers", "2"]
        return [sys.executable, "-m", "gunicorn", *options, *address, "config.wsgi"]

    def environment(self) -> dict[str, str]:
        database = connection.settings_dict
        url = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format_map(database)
        return os.environ | {
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "slow_municipalities",
            "PYTHONPATH": str(Path(__file__).parent),
            "SLOW_WHILE": str(self.fault),
            "TACHOGRAPH_DIR": str(self.folder / "recorder"),
        }

    def ready(self) -> bool:
        return answers_http(f"{self.address}/readyz")


class Clients:
    """Bounded traffic on one endpoint until `close()`; `failures` are answers other than 200."""

    def __init__(self, url: str, token: str) -> None:
        self.request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
        self.done = Event()
        self.failures: list[str] = []
        self.pool = ThreadPoolExecutor(CLIENTS)
        self.running = [self.pool.submit(self._run) for _ in range(CLIENTS)]

    def _run(self) -> None:
        for _ in range(REQUESTS_PER_CLIENT):
            if self.done.wait(PAUSE_S):
                return
            try:
                with urllib.request.urlopen(self.request, timeout=10) as answer:
                    answer.read()
            except OSError as error:
                self.failures.append(str(error))

    def close(self) -> None:
        self.done.set()
        self.pool.shutdown()
        for client in self.running:
            client.result()


class ScrapingPrometheus(Prometheus):
    """Prometheus, and what a test asks of it."""

    def ask(self, path: str, **parameters: str) -> dict:
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"{self.address}/api/v1/{path}?{query}", timeout=5) as answer:
            return json.load(answer)["data"]

    def firing(self) -> list[dict]:
        return [alert for alert in self.ask("alerts")["alerts"] if alert["state"] == "firing"]

    def samples(self, expr: str) -> list[float]:
        return [float(sample["value"][1]) for sample in self.ask("query", query=expr)["result"]]


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool], float, str], None]:
    """Waits for a condition, polled until a deadline."""

    def wait(condition: Callable[[], bool], seconds: float, what: str) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
            time.sleep(0.1)

    return wait


@pytest.fixture
def service(repository, tmp_path, transactional_db) -> Iterator[Gunicorn]:
    with Gunicorn(repository, tmp_path) as gunicorn:
        yield gunicorn


@pytest.fixture
def prometheus(repository, tmp_path, service) -> Iterator[ScrapingPrometheus]:
    config = local_prometheus(repository, {"tachograph": service.port}, INTERVAL)
    config["rule_files"] = [str(path) for path in scaled_rules(repository, tmp_path)]
    with ScrapingPrometheus(tmp_path, config) as server:
        yield server


def scaled_rules(repository: Path, folder: Path) -> Iterator[Path]:
    for path, text in render(load(repository / "budgets.toml"), Clock(SCALE)).items():
        (folder / path.name).write_text(text)
        yield folder / path.name


@pytest.fixture
def clients(service) -> Iterator[Clients]:
    User.objects.create_user("reader", password="correct horse battery")
    body = json.dumps({"username": "reader", "password": "correct horse battery"}).encode()
    login = urllib.request.Request(
        f"{service.address}/api/auth/login", data=body, headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(login, timeout=10) as answer:
        token = json.load(answer)["token"]
    clients = Clients(service.address + PATH, token)
    yield clients
    clients.close()
