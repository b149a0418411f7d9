"""Each kind of fault in the running service raises its alert and no other; it is heard, and clears.

Prometheus, Alertmanager and the service are real; an hour of the rules is 18 s; the past is good.
The first in `make test`, all by `make chaos`.
"""

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from communities.scenarios import seed_communities
from devservices.prometheus import Alertmanager
from tests.stack.service import Clients, ScrapingPrometheus, Service, good_past, scraping
from tests.stack.webhook import Webhook, to_webhook

# Fault -> the alert, and who hears of it.
ALERTS = {
    "latency": ("LatencyBurnFast", "page"),
    "errors": ("ErrorBurnFast", "page"),
    "queries": ("QueryCountRegression", "ticket"),
    "cache_misses": ("CacheHitRateRegression", "ticket"),
    "slow_queries": ("SlowQueryRegression", "ticket"),
}


class Target(NamedTuple):
    operation: str
    method: str
    path: str
    usual_slow_queries: int = 0


TARGETS = {
    "list": Target("GET /api/municipalities", "GET", "/api/municipalities?limit=10"),
    "report": Target("GET /api/reports/coverage", "GET", "/api/reports/coverage", 1),
    "sync": Target(
        "POST /api/coverage/municipalities/{psgc_code}/sync",
        "POST",
        "/api/coverage/municipalities/{psgc_code}/sync",
    ),
}
FIRST = ("list", "latency")
EVERY = [
    pytest.param(name, fault, marks=[] if (name, fault) == FIRST else [pytest.mark.chaos])
    for name in TARGETS
    for fault in ALERTS
]


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as server:
        yield server


@pytest.fixture
def alertmanager(repository, tmp_path, webhook) -> Iterator[Alertmanager]:
    with Alertmanager(tmp_path, to_webhook(repository, webhook.address, wait="1s")) as server:
        yield server


@pytest.fixture
def prometheus(repository, tmp_path, service, alertmanager, operation_class) -> Iterator[ScrapingPrometheus]:
    target = TARGETS[operation_class]
    server = scraping(repository, tmp_path, {"tachograph": service.port, "alertmanager": alertmanager.port})
    server.past = good_past(target.operation, operation_class, target.usual_slow_queries)
    with server:
        yield server


@pytest.fixture
def traffic(service, token, operation_class) -> Iterator[Clients]:
    target = TARGETS[operation_class]
    path = target.path.format(psgc_code=seed_communities(3).municipality.psgc_code)
    clients = Clients(target.method, service.address + path, token)
    yield clients
    clients.close()


class Stage(NamedTuple):
    service: Service
    prometheus: ScrapingPrometheus
    webhook: Webhook
    traffic: Clients


@pytest.fixture
def stage(service, prometheus, webhook, traffic) -> Stage:
    return Stage(service, prometheus, webhook, traffic)


def named(alerts: list[dict[str, str]]) -> set[tuple[str, str]]:
    return {(alert["alertname"], alert.get("class", "")) for alert in alerts}


@pytest.mark.needs("prometheus", "alertmanager", "promtool")
@pytest.mark.parametrize(("operation_class", "fault"), EVERY)
def test_a_fault_raises_its_alert_and_no_other(stage, eventually, operation_class, fault):
    service, prometheus, webhook, traffic = stage
    operation = TARGETS[operation_class].operation
    alert, receiver = ALERTS[fault]
    served = f'sum(tacho_operations_total{{operation="{operation}",status="200"}}) >= 30'
    eventually(lambda: prometheus.samples(served), 60, "30 requests scraped")
    eventually(lambda: not prometheus.firing(), 20, "nothing fires, the service being scraped")

    service.fault.write_text(fault)
    eventually(prometheus.firing, 60, f"{alert} fires")
    firing = prometheus.firing()
    assert named([each["labels"] for each in firing]) == {(alert, operation_class)}
    texts = firing[0]["annotations"]
    assert operation in texts["description"] + texts["summary"]
    eventually(lambda: webhook.heard(receiver), 20, f"{receiver} hears of {alert}")

    service.fault.unlink()
    eventually(lambda: not prometheus.firing(), 120, f"{alert} clears")
    eventually(lambda: webhook.heard(receiver, "resolved"), 30, "who heard of it hears that it is over")
    assert named(webhook.heard("page") + webhook.heard("ticket")) == {(alert, operation_class)}
    assert set(traffic.statuses) == ({200, 500} if fault == "errors" else {200})
