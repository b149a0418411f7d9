"""What a real Alertmanager makes of alerts: who hears of them, together with what, and what is held back."""

import json
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from devservices.prometheus import Alertmanager
from tests.stack.webhook import Webhook, to_webhook

pytestmark = pytest.mark.needs("alertmanager")
LIST = {"job": "tachograph", "kind": "request", "class": "list"}


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as server:
        yield server


@pytest.fixture
def alertmanager(repository, tmp_path, webhook) -> Iterator[Alertmanager]:
    with Alertmanager(tmp_path, to_webhook(repository, webhook.address, wait="500ms")) as server:
        yield server


@pytest.fixture
def send(alertmanager):
    """Tells Alertmanager that alerts fire, as Prometheus does; `over` that they no longer do."""

    def post(*alerts: dict[str, str], over: bool = False) -> None:
        now = datetime.now(UTC)
        ends = now if over else now + timedelta(minutes=5)
        # One that began earlier would not wait for what belongs to it.
        times = {"startsAt": now.isoformat(), "endsAt": ends.isoformat()}
        body = json.dumps([{"labels": labels, **times} for labels in alerts]).encode()
        request = urllib.request.Request(
            f"{alertmanager.address}/api/v2/alerts", data=body, headers={"Content-Type": "application/json"}
        )
        urllib.request.urlopen(request, timeout=5).close()

    return post


def burn(window: str, budget: str = "latency", **more: str) -> dict[str, str]:
    name = {"latency": "LatencyBurn", "errors": "ErrorBurn"}[budget]
    speed = "Fast" if window in ("1h", "6h") else "Slow"
    return (
        LIST | {"alertname": name + speed, "window": window, "budget": budget, "severity": "critical"} | more
    )


def test_a_fast_burn_hides_the_slower_ones_of_its_class_and_budget(send, webhook, eventually):
    send(
        burn("1h"), burn("6h"), burn("1d"), burn("3d"), burn("3d", "errors"), burn("1d", **{"class": "sync"})
    )
    eventually(lambda: len(webhook.heard("page")) == 3, 20, "three pages")
    heard = {(alert["alertname"], alert["window"], alert["class"]) for alert in webhook.heard("page")}
    assert heard == {
        ("LatencyBurnFast", "1h", "list"),
        ("ErrorBurnSlow", "3d", "list"),
        ("LatencyBurnSlow", "1d", "sync"),
    }


def test_a_class_alerts_come_together_and_a_page_hides_its_ticket(send, webhook, eventually):
    regression = LIST | {"alertname": "QueryCountRegression", "operation": "GET /x", "severity": "warning"}
    hit_rate = LIST | {"alertname": "CacheHitRateUnderBudget", "operation": "GET /y", "severity": "warning"}
    connections = {"alertname": "DatabaseConnections", "job": "tachograph"}
    send(
        regression,
        hit_rate,
        connections | {"severity": "warning"},
        connections | {"severity": "critical"},
    )
    eventually(lambda: webhook.heard("page") and len(webhook.heard("ticket")) == 2, 20, "a page, two tickets")
    assert [alert["alertname"] for alert in webhook.heard("page")] == ["DatabaseConnections"]
    [message] = [message for path, message in webhook.messages if path == "/ticket"]
    assert {alert["labels"]["alertname"] for alert in message["alerts"]} == {
        "QueryCountRegression",
        "CacheHitRateUnderBudget",
    }
    assert message["groupLabels"] == {"class": "list", "job": "tachograph"}


def test_who_heard_that_it_began_hears_that_it_is_over(send, webhook, eventually):
    send(burn("1h"))
    eventually(lambda: webhook.heard("page"), 20, "a page")
    send(burn("1h"), over=True)
    eventually(lambda: webhook.heard("page", "resolved"), 20, "its end")


def test_the_watchdog_goes_to_the_dead_mans_switch_alone(send, webhook, eventually):
    send({"alertname": "Watchdog", "severity": "none"})
    eventually(lambda: webhook.heard("watchdog"), 20, "the watchdog")
    assert not webhook.heard("page") and not webhook.heard("ticket")
