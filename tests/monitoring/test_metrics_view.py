"""Who may read /metrics, and in which format."""

import pytest

from monitoring.conf import conf

pytestmark = pytest.mark.urls("monitoring.urls")
TOKEN = "a-token-of-the-scraper"


@pytest.fixture
def token(monkeypatch):
    monkeypatch.setenv("METRICS_TOKEN", TOKEN)
    conf.cache_clear()


def get(client, address="203.0.113.7", **headers):
    return client.get("/metrics", REMOTE_ADDR=address, headers=headers)


def test_a_loopback_peer_may(client):
    assert get(client, "127.0.0.1").status_code == 200
    assert get(client, "::1").status_code == 200


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Forwarded-Host", "Via"])
def test_a_loopback_peer_that_forwards_for_somebody_may_not(client, header):
    assert get(client, "127.0.0.1", **{header: "203.0.113.7"}).status_code == 401


@pytest.mark.parametrize("address", ["203.0.113.7", "", "not an address"])
def test_anybody_else_may_not_and_is_told_what_to_do(client, address):
    response = get(client, address)
    assert response.status_code == 401
    assert "METRICS_TOKEN" in response.json()["error"]["message"]
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.usefixtures("token")
@pytest.mark.parametrize(
    ("authorization", "status"),
    [(f"Bearer {TOKEN}", 200), (f"bearer {TOKEN}", 200), ("Bearer wrong", 401), ("Bearer ", 401),
     (f"Basic {TOKEN}", 401), ("Bearer \u00fc", 401)],
)  # fmt: skip
def test_the_token(client, authorization, status):
    assert get(client, Authorization=authorization).status_code == status


@pytest.mark.usefixtures("token")
def test_the_token_also_behind_a_proxy(client):
    response = get(client, "127.0.0.1", Authorization=f"Bearer {TOKEN}", **{"X-Forwarded-For": "203.0.113.7"})
    assert response.status_code == 200


def test_an_empty_token_is_none(client, monkeypatch):
    monkeypatch.setenv("METRICS_TOKEN", "")
    conf.cache_clear()
    assert get(client, Authorization="Bearer ").status_code == 401


def test_networks_of_the_allow_list(client, settings):
    settings.TACHOGRAPH = settings.TACHOGRAPH | {"METRICS_ALLOW": ("203.0.113.0/24",)}
    assert get(client, "203.0.113.7").status_code == 200
    assert get(client, "198.51.100.1").status_code == 401


def test_both_formats(client):
    plain = get(client, "127.0.0.1", Accept="text/plain")
    assert plain.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    modern = get(client, "127.0.0.1", Accept="application/openmetrics-text; version=1.0.0")
    assert modern.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert modern.content.endswith(b"# EOF\n")


def test_only_reading(client):
    assert client.post("/metrics").status_code == 405


def test_a_slash_at_the_end_is_served_too(client):
    assert client.get("/metrics/", REMOTE_ADDR="127.0.0.1").status_code == 200
