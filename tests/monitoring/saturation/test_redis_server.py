"""tacho_redis_*: what INFO says, of each server once."""

from pathlib import Path

import pytest
import redis

from devservices.redis import Redis

BACKENDS = {
    "django": "django.core.cache.backends.redis.RedisCache",
    "django-redis": "django_redis.cache.RedisCache",
}


@pytest.fixture(scope="module")
def full_redis(tmp_path_factory):
    """A Redis that has had to evict keys."""
    with Redis(Path(tmp_path_factory.mktemp("redis"))) as server:
        with redis.Redis.from_url(server.url) as client:
            client.config_set("maxmemory-policy", "allkeys-lru")
            client.config_set("maxmemory", client.info()["used_memory"] + 500_000)
            for number in range(300):
                client.set(f"key:{number}", "x" * 4096)
        yield server


@pytest.mark.parametrize("backend", BACKENDS.values(), ids=BACKENDS)
def test_both_clients_and_one_server_under_two_aliases_once(scrape, settings, full_redis, backend):
    cache = {"BACKEND": backend, "LOCATION": full_redis.url}
    settings.CACHES = {"default": cache, "other": cache | {"KEY_PREFIX": "other"}}
    figures = scrape()
    with redis.Redis.from_url(full_redis.url) as client:
        truth = client.info()
    assert figures.total("tacho_redis_evicted_keys_total") == truth["evicted_keys"] > 0
    assert figures.total("tacho_redis_memory_bytes") == pytest.approx(truth["used_memory"], rel=0.05)


def test_two_servers_are_summed(scrape, settings, full_redis, tmp_path):
    with Redis(tmp_path) as empty:
        settings.CACHES = {
            alias: {"BACKEND": BACKENDS["django"], "LOCATION": server.url}
            for alias, server in (("default", full_redis), ("other", empty))
        }
        figures = scrape()
        with redis.Redis.from_url(full_redis.url) as one, redis.Redis.from_url(empty.url) as two:
            used = one.info()["used_memory"] + two.info()["used_memory"]
    assert figures.total("tacho_redis_memory_bytes") == pytest.approx(used, rel=0.05)


def test_a_project_whose_caches_are_elsewhere_has_no_such_part(scrape, settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    figures = scrape()
    assert "tacho_redis" not in figures.text
    assert 'part="redis"' not in figures.text
