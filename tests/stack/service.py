"""The real service, a Prometheus that scrapes it in shrunken time and with a good past, and clients."""

import json
import os
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

from django.db import connection

from devservices.binaries import find
from devservices.processes import HOST
from devservices.prometheus import Prometheus, local_prometheus
from devservices.server import Server, answers_http
from monitoring.budgets.load import load
from monitoring.budgets.rules import Clock, render

# One hour is 18 s, five minutes are 1.5 s: three scrapes.
SCALE = 1 / 200
INTERVAL = "500ms"
CLIENTS = 2
WORKERS = 3
# At most this many requests, whatever happens.
REQUESTS_PER_CLIENT = 1500
PAUSE_S = 0.05
# What the past looked like: requests a second, a sample every so many seconds, since more than a week.
PAST_RATE = 10
PAST_STEP_S = 1.5
PAST_S = 7 * 86400 * SCALE + 120


class Service(Server):
    """The service as gunicorn.conf.py starts it, with a fault that a file switches on."""

    name = "gunicorn"
    pooling = "persistent"

    def __init__(self, root: Path, folder: Path) -> None:
        super().__init__(folder / "gunicorn")
        self.root = root
        self.fault = folder / "fault"

    def command(self) -> list[str]:
        options = ["--config", f"{self.root}/gunicorn.conf.py", "--chdir", f"{self.root}/platform"]
        address = ["--bind", f"{HOST}:{self.port}", "--workers", str(WORKERS)]
        return [sys.executable, "-m", "gunicorn", *options, *address, "config.wsgi"]

    def environment(self) -> dict[str, str]:
        database = connection.settings_dict
        url = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format_map(database)
        return os.environ | {
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "tests.stack.faulty",
            "PYTHONPATH": f"{self.root}:{self.root / 'platform'}",
            "FAULT": str(self.fault),
            "TACHOGRAPH_DIR": str(self.folder / "recorder"),
            "DB_POOLING": self.pooling,
        }

    def ready(self) -> bool:
        return answers_http(f"{self.address}/readyz")


class Clients:
    """Bounded traffic on one path until `close()`; `statuses` are those of the answers, in order."""

    def __init__(self, method: str, url: str, token: str) -> None:
        self.method, self.url, self.token = method, url, token
        self.done = Event()
        self.statuses: list[int] = []
        self.pool = ThreadPoolExecutor(CLIENTS)
        self.running = [self.pool.submit(self._run) for _ in range(CLIENTS)]

    def _run(self) -> None:
        for _ in range(REQUESTS_PER_CLIENT):
            if self.done.wait(PAUSE_S):
                return
            try:
                with urllib.request.urlopen(self._request(), timeout=10) as answer:
                    answer.read()
                    self.statuses.append(answer.status)
            except urllib.error.HTTPError as error:
                self.statuses.append(error.code)

    def _request(self) -> urllib.request.Request:
        # As a proxy would: from now on the request waits for a worker.
        headers = {"Authorization": f"Bearer {self.token}", "X-Request-Start": f"t={time.time():.3f}"}
        return urllib.request.Request(self.url, headers=headers, method=self.method)

    def close(self) -> None:
        self.done.set()
        self.pool.shutdown()
        for client in self.running:
            client.result()


class ScrapingPrometheus(Prometheus):
    """Prometheus with a past, and what a test asks of it."""

    past: Iterable[str] = ()

    def prepare(self) -> None:
        super().prepare()
        if samples := list(self.past):
            source = self.folder / "past.txt"
            source.write_text("\n".join([*samples, "# EOF\n"]))
            command = [find("promtool"), "tsdb", "create-blocks-from", "openmetrics", source]
            subprocess.run([*command, self.folder / "data"], check=True, capture_output=True)

    def ask(self, path: str, **parameters: str) -> dict:
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"{self.address}/api/v1/{path}?{query}", timeout=5) as answer:
            return json.load(answer)["data"]

    def firing(self) -> list[dict]:
        """The alerts that fire, without the Watchdog, which always does."""
        alerts = self.ask("alerts")["alerts"]
        return [
            alert
            for alert in alerts
            if alert["state"] == "firing" and alert["labels"]["alertname"] != "Watchdog"
        ]

    def result(self, expr: str) -> list[dict]:
        """The series of an instant query: `metric` and `value` (time, text)."""
        return self.ask("query", query=expr)["result"]

    def samples(self, expr: str) -> list[float]:
        return [float(sample["value"][1]) for sample in self.result(expr)]


def scraping(root: Path, folder: Path, targets: dict[str, int]) -> ScrapingPrometheus:
    """A Prometheus over `targets` (job -> port) with the rules of budgets.toml in shrunken time."""
    config = local_prometheus(root, targets, INTERVAL)
    config["rule_files"] = [str(path) for path in scaled_rules(root, folder)]
    return ScrapingPrometheus(folder, config)


def scaled_rules(root: Path, folder: Path) -> Iterator[Path]:
    for path, text in render(load(root / "budgets.toml"), Clock(SCALE)).items():
        (folder / path.name).write_text(text)
        yield folder / path.name


def good_past(operation: str, operation_class: str, slow_queries: float) -> Iterator[str]:
    """OpenMetrics of a good week and more: nothing slow, nothing failed, what each run cost."""
    of_class = f'{{job="tachograph",kind="request",class="{operation_class}"}}'
    of_operation = f'{of_class[:-1]},operation="{operation}"}}'
    was = {
        f"class:tacho_slow_operations:rate5m{of_class}": 0,
        f"class:tacho_failed_operations:rate5m{of_class}": 0,
        f"class:tacho_slow_allowed:rate5m{of_class}": PAST_RATE * 0.05,
        f"class:tacho_failed_allowed:rate5m{of_class}": PAST_RATE * 0.005,
        f"operation:tacho_queries_per_operation:ratio1h{of_operation}": 3,
        f"operation:tacho_cache_hit_ratio:rate1h{of_operation}": 0.95,
        f"operation:tacho_slow_queries_per_operation:ratio1h{of_operation}": slow_queries,
    }
    now = time.time()
    for series, value in was.items():
        for step in range(int(PAST_S / PAST_STEP_S), 0, -1):
            yield f"{series} {value} {now - step * PAST_STEP_S:.3f}"
