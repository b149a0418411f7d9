"""The report of the caches' servers, of Redis servers whose state is known."""

import json
from dataclasses import asdict

import pytest
import redis
from django.core.cache import caches

from devservices.redis import Redis
from monitoring.servers.caches import report
from tests.monitoring.saturation.servers import closed_port, silent_port

BACKENDS = ["django.core.cache.backends.redis.RedisCache", "django_redis.cache.RedisCache"]
SECRET = "token-7f3a9c"


@pytest.fixture
def server(tmp_path):
    with Redis(tmp_path) as server:
        yield server


@pytest.fixture
def client(server):
    with redis.Redis.from_url(server.url) as client:
        yield client


@pytest.fixture
def use(settings):
    """use(**urls): aliases on these servers, by Django's backend."""

    def used(backend=BACKENDS[0], **urls):
        settings.CACHES = {
            "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
            **{alias: {"BACKEND": backend, "LOCATION": url} for alias, url in urls.items()},
        }

    return used


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_info_says_of_each_server_once(use, server, client, backend):
    use(backend, one=server.url, two=server.url)
    caches["one"].set("a", 1)
    caches["two"].set("b", 2)
    caches["one"].get("a")
    caches["one"].get("gone")
    (found,) = report()
    assert found.aliases == ("one", "two")
    assert found.is_up
    assert (found.keys, found.hits, found.misses, found.hit_rate) == (2, 1, 1, 0.5)
    assert found.memory_bytes == pytest.approx(client.info()["used_memory"], rel=0.1)
    assert found.version == client.info()["redis_version"]
    assert not found.is_thrashing
    json.dumps(asdict(found))


def test_a_cache_that_thrashes(use, server, client):
    client.config_set("maxmemory-policy", "allkeys-lru")
    client.config_set("maxmemory", client.info()["used_memory"] + 300_000)
    for number in range(300):
        client.set(f"key:{number}", "x" * 4096)
    for number in range(100):
        client.get(f"key:{number}")
    use(one=server.url)
    (found,) = report()
    assert found.evicted_keys == client.info()["evicted_keys"] > 0
    assert found.hit_rate < 0.5
    assert found.is_thrashing
    assert "maxmemory" in found.advice


def test_evictions_alone_are_no_thrashing(use, server, client):
    client.config_set("maxmemory-policy", "allkeys-lru")
    client.config_set("maxmemory", client.info()["used_memory"] + 300_000)
    for number in range(300):
        client.set(f"key:{number}", "x" * 4096)
    for _ in range(100):
        client.get("key:299")
    use(one=server.url)
    (found,) = report()
    assert found.evicted_keys > 0
    assert not found.is_thrashing


def test_slow_commands_by_their_name_only(use, server, client):
    client.config_set("slowlog-log-slower-than", 0)  # everything is slow
    client.set(SECRET, SECRET)
    client.get(SECRET)
    client.get(SECRET)
    client.config_set("slowlog-log-slower-than", -1)
    use(one=server.url)
    (found,) = report()
    by_name = {slow.command: slow.times for slow in found.slow_commands}
    assert (by_name["GET"], by_name["SET"]) == (2, 1)
    assert SECRET not in json.dumps(asdict(found))


def test_a_slow_log_that_may_not_be_read_is_said(use, server, client):
    client.execute_command("ACL", "SETUSER", "app", "on", ">pw", "~*", "+@all", "-slowlog")
    use(one=server.url.replace("redis://:", "redis://app:").replace(server._password, "pw"))
    (found,) = report()
    assert found.is_up
    assert "SLOWLOG" in found.note


@pytest.mark.parametrize("port", [closed_port, silent_port])
def test_a_server_that_is_down_is_reported_as_down(use, server, port):
    with port() as number:
        use(gone=f"redis://:hidden@127.0.0.1:{number}/0", there=server.url)
        gone, there = report()
    assert (gone.aliases, gone.is_up, there.is_up) == (("gone",), False, True)
    assert "LOCATION" in gone.error
    assert "hidden" not in json.dumps(asdict(gone))


def test_no_cache_on_redis(use):
    use()
    assert report() == []
