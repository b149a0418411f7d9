"""Every panel and every recording rule has data of the running service, and its figures are the client's own.

One service is called over HTTP and by every scenario; one Prometheus scrapes it in shrunken time. The
dashboards' `offset 1w` finds a backfilled week.
"""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from math import isnan
from typing import NamedTuple

import pytest
import yaml

from tests.stack import play
from tests.stack.panels import dashboards_of, expressions
from tests.stack.service import Clients, ScrapingPrometheus, Service, scraping

SECONDS = 36
OPERATION = "GET /api/municipalities"
# Grafana's variables as a reader would choose them.
CHOICES = {
    "$__rate_interval": "60s",
    "$job": ".*",
    "$instance": ".*",
    "$class": ".*",
    "$operation": OPERATION,
}
HITS = "operation:tacho_cache_hit_ratio:rate1h"
WEEK_S = 7 * 86400
# What the dashboards compare with last week.
LAST_WEEK = ("class:tacho_operations:rate5m", "class:tacho_latency_seconds:p95_5m")
# django-mixin's questions, over the names that its users' dashboards have.
MIXIN = """
sum(irate(django_http_requests_total_by_view_transport_method_total[2m])) by (view)
sum(irate(django_http_responses_total_by_status_view_method_total{status=~"2.*"}[2m])) by (view)
histogram_quantile(0.9, sum(irate(django_http_requests_latency_seconds_by_view_method_bucket[2m])) by (le))
sum(irate(django_db_execute_total[2m])) by (alias, vendor)
histogram_quantile(0.95, sum(irate(django_db_query_duration_seconds_bucket[2m])) by (vendor, le))
sum(increase(django_db_new_connections_total[1h])) by (alias, vendor)
sum(irate(django_cache_get_total[2m])) by (backend)
sum(irate(django_cache_get_hits_total[2m])) by (backend) / sum(irate(django_cache_get_total[2m])) by (backend)
""".strip().splitlines()


def last_week() -> Iterator[str]:
    now = time.time()
    for name in LAST_WEEK:
        for cls in ("list", "detail", "write", "sync", "report", "system"):
            for second in range(-600, 600, 60):
                yield f'{name}{{job="tachograph",kind="request",class="{cls}"}} 1 {now - WEEK_S + second:.0f}'
    for second in range(-600, 600, 60):
        labels = f'job="tachograph",kind="request",class="list",operation="{OPERATION}"'
        yield f"operation:tacho_latency_seconds:p95_5m{{{labels}}} 1 {now - WEEK_S + second:.0f}"


@pytest.fixture
def prometheus(repository, tmp_path, service) -> Iterator[ScrapingPrometheus]:
    server = scraping(repository, tmp_path, {"tachograph": service.port})
    server.past = last_week()
    with server:
        yield server


@pytest.fixture
def service(repository, tmp_path, transactional_db) -> Iterator[Service]:
    server = Service(repository, tmp_path)
    # So that there is a pool to wait for.
    server.pooling = "native"
    with server:
        yield server


@pytest.fixture
def player(service, prometheus) -> Iterator[subprocess.Popen]:
    """Plays every scenario in a process of the service's family."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.stack.play", str(SECONDS)],
        env=service.environment(),
        cwd=service.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


class Stage(NamedTuple):
    prometheus: ScrapingPrometheus
    clients: Clients
    player: subprocess.Popen


@pytest.fixture
def stage(prometheus, clients, player) -> Stage:
    return Stage(prometheus, clients, player)


def chosen(expr: str) -> str:
    for variable, choice in CHOICES.items():
        expr = expr.replace(variable, choice)
    return expr


def figures(prometheus: ScrapingPrometheus, expr: str) -> list[float]:
    return [figure for figure in prometheus.samples(expr) if not isnan(figure)]


def panels(root) -> dict[str, str]:
    return {
        f"{name}: {title}: {chosen(expr)}": chosen(expr)
        for name, dashboard in sorted(dashboards_of(root).items())
        for title, expr in expressions(dashboard)
    }


def recorded(root) -> dict[str, str]:
    rules = yaml.safe_load((root / "prometheus" / "rules" / "recording.yml").read_text())["groups"][0][
        "rules"
    ]
    return {f"rule {rule['record']}": rule["record"] for rule in rules}


def watched(root) -> dict[str, str]:
    """The series that the alerts look at: of an alert's expression, what it compares must be there."""
    alerts = yaml.safe_load((root / "prometheus" / "rules" / "alerts.yml").read_text())["groups"][0]["rules"]
    text = " ".join(rule["expr"] for rule in alerts)
    names = set(re.findall(r"[a-z]*:?tacho_\w+(?::\w+)?", text)) | {"up"}
    return {f"alert on {name}": name for name in names}


def without_data(
    prometheus: ScrapingPrometheus, wanted: dict[str, str], going_on: Callable[[], bool]
) -> list[str]:
    """Asks, while the traffic is going on, until each expression has returned a figure once."""
    left = dict(wanted)
    while left and going_on():
        left = {name: expr for name, expr in left.items() if not figures(prometheus, expr)}
        time.sleep(0.5)
    return sorted(left)


def of_operations(prometheus: ScrapingPrometheus, metric: str) -> dict[str, float]:
    result = prometheus.result(f"sum by (operation) ({metric})")
    return {series["metric"]["operation"]: float(series["value"][1]) for series in result}


@pytest.mark.needs("prometheus", "promtool")
def test_everything_has_data_and_the_figures_are_the_clients_own(repository, stage, eventually, subtests):
    prometheus, clients, player = stage
    wanted = panels(repository) | recorded(repository) | watched(repository) | {expr: expr for expr in MIXIN}
    left = without_data(prometheus, wanted, lambda: player.poll() is None)
    said, complaint = player.communicate()
    assert player.returncode == 0, complaint[-2000:]
    assert left == []

    played = json.loads(said)
    clients.close()
    # A block or task runs inside of other scenarios' requests, too.
    ours = {name: each for name, each in played["operations"].items() if " " in name}
    ours[OPERATION]["runs"] += len(clients.statuses)
    total = f'sum(tacho_operations_total{{operation="{OPERATION}"}})'
    eventually(lambda: prometheus.samples(total) == [ours[OPERATION]["runs"]], 20, "all requests are scraped")

    with subtests.test("requests"):
        counted = of_operations(prometheus, "tacho_operations_total")
        expected = {name: each["runs"] for name, each in ours.items()}
        assert {name: counted.get(name) for name in ours} == pytest.approx(expected, rel=0.01)
    with subtests.test("queries"):
        counted = of_operations(prometheus, "tacho_operation_db_queries_sum")
        expected = {name: each["queries"] for name, each in ours.items() if name != OPERATION}
        assert {name: counted.get(name) for name in expected} == pytest.approx(expected, rel=0.01)
    with subtests.test("hit rate"):
        [ratio] = prometheus.samples(f'{HITS}{{operation="{play.LOOKUPS}"}}')
        assert ratio == pytest.approx(played["hit_rate"], rel=0.01)
