"""The cache calls that /metrics shows are those of Redis' own MONITOR, hit by hit and miss by miss."""

from collections import Counter

import pytest

from tests.e2e.figures import until
from tests.e2e.load import send_all
from tests.e2e.redis_monitor import Monitor
from tests.e2e.web import Gunicorn, Uvicorn

# The sample's cases, each begun with an empty Redis: what the recorder must show. Command/result: number.
SYNC = {
    "cached_none": {"set/ok": 1, "get/hit": 2},
    "missing": {"get/miss": 3},
    "get_many": {"set/ok": 2, "get_many/hit": 3, "get_many/miss": 2},
    "get_or_set": {"set/ok": 1, "get_or_set/miss": 1, "get_or_set/hit": 2},
    "get_or_set_callable": {"get_or_set/miss": 1, "get/miss": 1},
    "add": {"add/ok": 2},
    "incr": {"set/ok": 1, "incr/miss": 1, "decr/miss": 1, "incr/ok": 1, "decr/ok": 1},
    "touch": {"set/ok": 1, "touch/miss": 1, "touch/ok": 1},
    "has_key": {"set/ok": 1, "has_key/hit": 2, "has_key/miss": 2},
    "delete": {"set/ok": 1, "delete/ok": 2},
    "many": {"set_many/ok": 1, "delete_many/ok": 1},
    "versions": {"set/ok": 1, "get/miss": 1, "get/hit": 2, "incr_version/ok": 1},
    "wrong_type": {"get/error": 1},
}
ASYNC = {
    "a_cached_none": {"set/ok": 1, "get/hit": 1},
    "a_get_many": {"set/ok": 2, "get_many/hit": 2, "get_many/miss": 1},
    "a_get_or_set": {"get_or_set/miss": 1, "get_or_set/hit": 1},
    "a_add": {"add/ok": 1},
    "a_incr": {"set/ok": 1, "incr/miss": 1, "incr/ok": 1, "decr/ok": 1},
    "a_touch": {"set/ok": 1, "touch/miss": 1, "touch/ok": 1},
    "a_has_key": {"set/ok": 1, "has_key/hit": 1, "has_key/miss": 1},
    "a_many": {"set_many/ok": 1, "delete_many/ok": 1, "delete/ok": 1},
    "a_versions": {"set/ok": 1, "incr_version/ok": 1},
}
# Their calls are made of other commands than their name says.
COMPOSED = {"incr", "touch", "many", "versions", "wrong_type"}
# The caches of the sample, one for each Redis backend, and the prefix of their keys.
ALIASES = {"default": "a", "plain": "b"}


@pytest.fixture(scope="module")
def monitor(private_redis):
    with Monitor(private_redis.url) as monitor:
        yield monitor


@pytest.fixture(scope="module")
def uvicorn(serve, sample_env):
    return serve(Uvicorn, sample_env)


def record(server, monitor, alias, paths):
    """What /metrics and MONITOR say of requests to `paths`, begun with an empty Redis."""
    monitor.client.flushdb()
    monitor.client.lpush(f"{ALIASES[alias]}:1:list", "not a value of the cache")
    before = server.figures()
    with monitor.window() as commands:
        assert send_all(server.port, paths).statuses == {200: len(paths)}
    figures = until(lambda: server.figures() - before, lambda now: requests(now) == len(paths))
    return figures, commands


def requests(figures):
    answered = figures.by("tacho_operations_total", "operation", kind="request")
    return sum(number for (operation,), number in answered.items() if "/cache/" in operation)


def shown(figures, name, **labels):
    found = figures.by(name, "command", "result", **labels)
    return {f"{command}/{result}": number for (command, result), number in found.items()}


def replay(commands):
    """What the commands found, by keeping track of the keys that existed."""
    keys, found = set(), Counter()
    for name, *words in commands:
        if name in ("GET", "MGET", "EXISTS"):
            found.update("hit" if key in keys else "miss" for key in words)
        elif name == "SET":
            found["written"] += 1
            keys.add(words[0])
        elif name == "DEL":
            found["deleted"] += 1
            keys.difference_update(words)
    return found


def implied(calls):
    """What Redis must have been asked: a get_or_set that misses looks, writes and looks again."""
    made = calls.get("get_or_set/miss", 0)
    looks = ("get", "get_many", "get_or_set", "has_key")
    expected = {
        "hit": sum(calls.get(f"{command}/hit", 0) for command in looks) + made,
        "miss": sum(calls.get(f"{command}/miss", 0) for command in looks),
        "written": calls.get("set/ok", 0) + calls.get("add/ok", 0) + made,
        "deleted": calls.get("delete/ok", 0),
    }
    return {name: number for name, number in expected.items() if number}


@pytest.mark.parametrize("alias", ALIASES)
@pytest.mark.parametrize("name", [*SYNC, *ASYNC])
def test_each_call_is_counted_as_what_it_was(uvicorn, monitor, alias, name):
    kind, expected = ("sync", SYNC[name]) if name in SYNC else ("async", ASYNC[name])
    figures, commands = record(uvicorn, monitor, alias, [f"/cache/{alias}/{kind}/{name}"])
    assert shown(figures, "tacho_cache_calls_total", alias=alias) == expected
    operation = f"GET /cache/{{alias}}/{kind}/{{name}}"
    assert shown(figures, "tacho_cache_operations_total", alias=alias, operation=operation) == expected
    if kind == "sync" and name not in COMPOSED:
        assert replay(commands) == implied(expected)


@pytest.mark.parametrize("alias", ALIASES)
def test_a_mixture_from_many_threads_adds_up(serve, sample_env, monitor, alias):
    server = serve(Gunicorn, sample_env, "--workers", "2", "--threads", "4")
    paths = [f"/cache/{alias}/mixture/{seed}" for seed in range(150)]
    figures, commands = record(server, monitor, alias, paths)
    calls = shown(figures, "tacho_cache_calls_total", alias=alias)
    assert calls == shown(figures, "tacho_cache_operations_total", alias=alias)
    found = replay(commands)
    assert found == implied(calls)
    assert min(found.values()) > 100
