"""Prometheus' own tools have nothing to say against what /metrics shows."""

import subprocess
import urllib.request

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from devservices import binaries
from tests.e2e.load import send_all
from tests.e2e.sample.endpoints import PLANTED, SQL
from tests.e2e.web import Gunicorn


@pytest.fixture(scope="module")
def server(serve, sample_env):
    """With series in as many families as requests can fill."""
    server = serve(Gunicorn, sample_env, "--workers", "1", "--threads", "4")
    paths = [f"/sql/{name}" for name in SQL] + [f"/repeat/{name}" for name in PLANTED]
    paths += [f"/cache/{alias}/mixture/1" for alias in ("default", "plain")] + ["/slow?ms=250", "/nowhere"]
    send_all(server.port, paths, clients=2)
    return server


def exposed(server, accept):
    request = urllib.request.Request(f"{server.address}/metrics", headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.headers["Content-Type"], answer.read().decode()


@pytest.mark.needs("promtool")
def test_promtool_has_nothing_to_say(server):
    _, text = exposed(server, "text/plain")
    promtool = [str(binaries.find("promtool")), "check", "metrics"]
    done = subprocess.run(promtool, input=text, capture_output=True, text=True, check=False)
    said = (done.stdout + done.stderr).splitlines()
    assert [line for line in said if "tacho_" in line or "error while" in line] == []


def test_openmetrics_is_that(server):
    kind, text = exposed(server, "application/openmetrics-text; version=1.0.0")
    assert kind.startswith("application/openmetrics-text")
    families = [family.name for family in text_string_to_metric_families(text)]
    assert len(families) == len(set(families))
    assert "tacho_operations" in families


def test_every_series_has_the_labels_of_the_design(server):
    """kind, operation and class stand on the series of operations, and on no others."""
    by_operation = {
        "operation_duration_seconds", "operations", "operation_db_queries", "operation_db_duration_seconds",
        "operation_cpu_seconds", "slow_queries", "duplicate_queries", "nplusone", "cache_operations",
        "budget_breaches", "budget_limit",
    }  # fmt: skip
    _, text = exposed(server, "application/openmetrics-text; version=1.0.0")
    found = {
        family.name.removeprefix("tacho_")
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if family.name.startswith("tacho_") and {"kind", "operation", "class"} <= sample.labels.keys()
    }
    assert found - by_operation == set()
    assert by_operation - found <= {"slow_queries"}
