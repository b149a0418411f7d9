"""The real service made slow fires the alert in a real Prometheus, and made fast again clears it."""

import re

import pytest

OPERATION = "GET /api/municipalities"


def runbook_queries(repository, alert) -> list[str]:
    text = (repository / alert["annotations"]["runbook_url"]).read_text()
    # The runbook's window is longer than this test.
    return [query.replace("[5m]", "[5s]") for query in re.findall(r"```promql\n(.*?)```", text, re.DOTALL)]


@pytest.mark.needs("prometheus")
def test_a_slow_endpoint_fires_the_alert_of_its_class_which_clears_when_it_is_fast(
    repository, service, prometheus, clients, eventually
):
    requests = f'sum(tacho_operations_total{{operation="{OPERATION}",status="200"}}) >= 50'
    eventually(lambda: prometheus.samples(requests), 60, "50 requests scraped")
    assert prometheus.firing() == []

    service.fault.touch()
    eventually(prometheus.firing, 90, "the alert fires")
    [alert] = prometheus.firing()
    expected = {"alertname": "LatencyBurnFast", "class": "list", "kind": "request", "severity": "critical"}
    assert expected.items() <= alert["labels"].items()
    assert f"The slowest now: {OPERATION}." in alert["annotations"]["description"]

    for look in runbook_queries(repository, alert):
        assert prometheus.samples(look), f"the runbook's query shows nothing of the fault: {look}"

    service.fault.unlink()
    eventually(lambda: not prometheus.firing(), 60, "the alert clears")
    assert clients.failures == []
