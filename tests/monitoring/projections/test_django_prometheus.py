"""django-prometheus' names: those it has, with the figures of the same record."""

import re
import subprocess
import sys

import pytest
from django.core.cache import caches
from django.db import DatabaseError, connection
from django.http import HttpResponse
from django.test import Client
from django.urls import path
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from monitoring.checks import check_django_prometheus
from monitoring.exposition import registry


def view(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.execute("SAVEPOINT x")
    caches["default"].get("absent")
    return HttpResponse()


def raises(request):
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT no_such_column")
    except DatabaseError:
        pass
    raise RuntimeError("broken on purpose")


urlpatterns = [path("view", view, name="the-view"), path("raises", raises)]
pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]


@pytest.fixture
def client():
    return Client(raise_request_exception=False)


def samples():
    text = generate_latest(registry).decode()
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith("django_")
    }


def test_requests_queries_and_caches(client):
    for _ in range(3):
        client.get("/view")
    client.post("/view")
    found = samples()
    labels = (("method", "GET"), ("view", "the-view"))
    name = "django_http_requests_latency_seconds_by_view_method"
    assert found[(f"{name}_count", *labels)] == 3
    assert found[(f"{name}_bucket", ("le", "75.0"), *labels)] == 3
    by_status = "django_http_responses_total_by_status_view_method_total"
    assert found[(by_status, ("method", "POST"), ("status", "200"), ("view", "the-view"))] == 1
    by_view = "django_http_requests_total_by_view_transport_method_total"
    assert found[(by_view, ("method", "GET"), ("transport", "http"), ("view", "the-view"))] == 3
    postgres = (("alias", "default"), ("vendor", "postgresql"))
    assert found[("django_db_execute_total", *postgres)] == 8
    assert found[("django_db_query_duration_seconds_count", *postgres)] == 4
    assert found[("django_cache_get_total", ("backend", "redis"))] == 4
    assert found[("django_cache_get_misses_total", ("backend", "redis"))] == 4


def test_an_unhandled_exception_is_counted_once(client):
    client.get("/raises")
    found = samples()
    (view_name,) = [
        dict(key[1:])["view"] for key in found if key[0] == "django_http_exceptions_total_by_view_total"
    ]
    assert view_name.endswith("raises")
    assert found[("django_http_exceptions_total_by_view_total", ("view", view_name))] == 1
    assert found[("django_http_exceptions_total_by_type_total", ("type", "RuntimeError"))] == 1
    errors = {key: value for key, value in found.items() if key[0] == "django_db_errors_total"}
    assert list(errors.values()) == [1]
    assert "ProgrammingError" in str(errors)


@pytest.mark.django_db(transaction=True)
def test_a_new_connection_is_counted():
    connection.close()
    connection.ensure_connection()
    labels = (("alias", "default"), ("vendor", "postgresql"))
    assert samples()[("django_db_new_connections_total", *labels)] == 1


THEIRS = """
import django; from django.conf import settings
settings.configure(INSTALLED_APPS=[], DATABASES={}, CACHES={}); django.setup()
import django_prometheus.db.metrics, django_prometheus.cache.metrics
from django_prometheus.middleware import Metrics; Metrics.get_instance()
from prometheus_client import REGISTRY
for family in REGISTRY.collect(): print(family.name, family.type)
"""


def test_each_name_and_type_is_one_of_theirs(client):
    client.get("/view")
    client.get("/raises")
    printed = subprocess.run(
        [sys.executable, "-c", THEIRS], capture_output=True, text=True, check=True
    ).stdout
    theirs = set(printed.splitlines())
    ours = set(re.findall(r"^# TYPE (django_\w+ \w+)$", generate_latest(registry).decode(), re.MULTILINE))
    ours = {re.sub(r"_total counter$", " counter", one) for one in ours}
    assert len(ours) >= 12
    assert ours <= theirs


@pytest.mark.parametrize(
    ("setting", "value", "left_out"),
    [
        (
            "MIDDLEWARE",
            ["monitoring.middleware.RecorderMiddleware", "django_prometheus.middleware.X"],
            "http",
        ),
        ("DATABASES", {"default": {"ENGINE": "django_prometheus.db.backends.postgresql"}}, "db"),
        ("CACHES", {"default": {"BACKEND": "django_prometheus.cache.backends.locmem.LocMemCache"}}, "cache"),
    ],
)
def test_what_it_counts_itself_is_left_to_it_and_said(client, monkeypatch, setting, value, left_out):
    client.get("/view")
    from django.conf import settings

    assert check_django_prometheus(None) == []
    monkeypatch.setattr(settings, setting, value)
    assert not [key for key in samples() if key[0].startswith(f"django_{left_out}_")]
    assert [one for one in samples() if not one[0].startswith(f"django_{left_out}_")]
    (warning,) = check_django_prometheus(None)
    assert warning.id == "tachograph.W002"
