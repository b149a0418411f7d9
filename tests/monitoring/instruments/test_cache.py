"""Cache calls, as the DESIGN's "what counts as what" has them, on a real Redis."""

import asyncio

import pytest
from django.core.cache import caches
from django.test import override_settings
from redis.exceptions import RedisError

from monitoring import operation


@pytest.fixture
def cache():
    cache = caches["default"]
    cache.clear()
    yield cache
    cache.clear()


def counted(function):
    """What a function's cache calls count as: {(command, result): number}."""
    with operation("test") as found:
        try:
            value = function()
            if asyncio.iscoroutine(value):
                asyncio.run(value)
        except ValueError:
            pass
    return {(command, result): number for (_, command, result), number in found.cache.items()}


CASES = {
    "a hit": (lambda c: c.get("there"), {("get", "hit"): 1}),
    "a miss": (lambda c: c.get("absent"), {("get", "miss"): 1}),
    "a miss with a default": (lambda c: c.get("absent", 5), {("get", "miss"): 1}),
    "a cached None is a hit": (lambda c: c.get("none"), {("get", "hit"): 1}),
    "get_many": (
        lambda c: c.get_many(["there", "none", "absent"]), {("get_many", "hit"): 2, ("get_many", "miss"): 1},
    ),
    "get_many of a generator": (lambda c: c.get_many(k for k in ("there",)), {("get_many", "hit"): 1}),
    "get_many of nothing": (lambda c: c.get_many([]), {}),
    "get_or_set warm": (lambda c: c.get_or_set("there", 1), {("get_or_set", "hit"): 1}),
    "get_or_set cold": (lambda c: c.get_or_set("absent", 1), {("get_or_set", "miss"): 1}),
    "get_or_set of a stored None": (lambda c: c.get_or_set("none", 1), {("get_or_set", "hit"): 1}),
    "what a callable does counts by itself": (
        lambda c: c.get_or_set("absent", lambda: c.get("there")),
        {("get_or_set", "miss"): 1, ("get", "hit"): 1},
    ),
    "has_key": (lambda c: c.has_key("there"), {("has_key", "hit"): 1}),
    "in": (lambda c: "absent" in c, {("has_key", "miss"): 1}),
    "set": (lambda c: c.set("x", 1), {("set", "ok"): 1}),
    "add": (lambda c: c.add("there", 1), {("add", "ok"): 1}),
    "delete of a missing key": (lambda c: c.delete("absent"), {("delete", "ok"): 1}),
    "set_many": (lambda c: c.set_many({"x": 1, "y": 2}), {("set_many", "ok"): 1}),
    "delete_many": (lambda c: c.delete_many(["x", "y"]), {("delete_many", "ok"): 1}),
    "touch": (lambda c: c.touch("there", 60), {("touch", "ok"): 1}),
    "touch of a missing key": (lambda c: c.touch("absent", 60), {("touch", "miss"): 1}),
    "incr": (lambda c: c.incr("number"), {("incr", "ok"): 1}),
    "incr of a missing key": (lambda c: c.incr("absent"), {("incr", "miss"): 1}),
    "decr of a missing key": (lambda c: c.decr("absent"), {("decr", "miss"): 1}),
    "incr_version is one call": (lambda c: c.incr_version("there"), {("incr_version", "ok"): 1}),
    "a version": (lambda c: c.get("there", version=7), {("get", "miss"): 1}),
    "clear": (lambda c: c.clear(), {("clear", "ok"): 1}),
    "aget": (lambda c: c.aget("there"), {("get", "hit"): 1}),
    "aget_or_set": (lambda c: c.aget_or_set("absent", 1), {("get_or_set", "miss"): 1}),
    "aget_many": (
        lambda c: c.aget_many(["there", "absent"]), {("get_many", "hit"): 1, ("get_many", "miss"): 1},
    ),
    "aincr of a missing key": (lambda c: c.aincr("absent"), {("incr", "miss"): 1}),
}  # fmt: skip

LOCAL = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}


@pytest.mark.parametrize("backend", ["redis", "locmem"])
@pytest.mark.parametrize("case", CASES)
def test_what_counts_as_what(case, backend, settings, cache):
    if backend == "locmem":
        settings.CACHES = LOCAL
        cache = caches["default"]
        cache.clear()
    for key, value in {"there": 1, "none": None, "number": 5}.items():
        cache.set(key, value)
    call, expected = CASES[case]
    assert counted(lambda: call(cache)) == expected


def test_values_come_through_unchanged(cache):
    assert cache.get("absent", "default") == "default"
    cache.set("none", None)
    assert cache.get("none", "default") is None
    assert cache.get_or_set("made", lambda: 7) == 7
    assert cache.get_many(["made", "absent"]) == {"made": 7}


DOWN = {
    "BACKEND": "django_redis.cache.RedisCache",
    "LOCATION": "redis://127.0.0.1:1/0",
    "OPTIONS": {"SOCKET_CONNECT_TIMEOUT": 1},
}


def test_a_cache_that_is_down_is_an_error_and_raises():
    with override_settings(CACHES={"default": DOWN}), operation("test") as found, pytest.raises(RedisError):
        caches["default"].get("x")
    assert found.cache == {("default", "get", "error"): 1}


@pytest.mark.parametrize("command", ["get", "get_many", "set", "get_or_set"])
def test_an_exception_that_the_backend_swallows_is_an_error(command):
    calls = {
        "get": lambda c: c.get("x"), "get_many": lambda c: c.get_many(["x", "y"]),
        "set": lambda c: c.set("x", 1), "get_or_set": lambda c: c.get_or_set("x", 1),
    }  # fmt: skip
    ignoring = DOWN | {"OPTIONS": {"SOCKET_CONNECT_TIMEOUT": 1, "IGNORE_EXCEPTIONS": True}}
    with override_settings(CACHES={"default": ignoring}), operation("test") as found:
        calls[command](caches["default"])
    assert found.cache == {("default", command, "error"): 1}


def test_outside_of_operations_it_counts_in_the_totals(cache, figure):
    before = figure("tacho_cache_calls", "default", "get")
    cache.get("absent")
    assert figure("tacho_cache_calls", "default", "get", "miss") == before + 1
