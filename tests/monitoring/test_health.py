"""/healthz and /readyz: alive, and which part is not ready."""

import pytest
from django.db import DatabaseError

from monitoring import health

pytestmark = [pytest.mark.urls("monitoring.urls"), pytest.mark.django_db]


@pytest.fixture(autouse=True)
def forget():
    health._migrated.clear()


def test_alive(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/healthz").json() == {"status": "ok"}


def test_ready(client):
    response = client.get("/readyz")
    assert response.json() == {"status": "ok", "parts": {"database": "ok", "cache": "ok", "migrations": "ok"}}
    assert "no-store" in response.headers["Cache-Control"]


def test_a_database_that_is_down(client, monkeypatch, caplog):
    def down(*_):
        raise DatabaseError("password authentication failed for user tachograph")

    monkeypatch.setitem(health.CHECKS, "database", down)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["parts"]["database"] == "down (DatabaseError)"
    assert "tachograph" not in response.content.decode()
    assert "password authentication failed" in caplog.text


def test_a_cache_that_is_down(client, settings):
    down = {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = settings.CACHES | {"default": down}
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["parts"]["cache"].startswith("down (")
    assert response.json()["parts"]["database"] == "ok"


def test_migrations_that_are_missing(client):
    from django.db.migrations.recorder import MigrationRecorder

    MigrationRecorder.Migration.objects.filter(app="sessions").delete()
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["parts"]["migrations"] == "1 not applied to default: run manage.py migrate"


def test_migrations_are_asked_about_until_they_are_there(client, django_assert_num_queries):
    client.get("/readyz")
    with django_assert_num_queries(1):
        client.get("/readyz")
