"""Cache calls whose outcome is known, starting from an empty Redis; and a random mixture of them."""

import random
from contextlib import suppress

from django.core.cache import caches
from django.http import HttpResponse

CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


@case
def cached_none(cache):
    cache.set("none", None)
    cache.get("none")
    cache.get("none", "a default")


@case
def missing(cache):
    cache.get("missing")
    cache.get("missing", None)
    cache.get("missing", "a default")


@case
def get_many(cache):
    cache.set("a", 1)
    cache.set("b", None)
    cache.get_many(["a", "b", "missing"])
    cache.get_many(key for key in ("a", "missing"))


@case
def get_or_set(cache):
    """Cold, warm, and warm with a cached None."""
    cache.get_or_set("a", 1)
    cache.get_or_set("a", 2)
    cache.set("none", None)
    cache.get_or_set("none", 3)


@case
def get_or_set_callable(cache):
    """What the callable asks of the cache counts by itself."""
    cache.get_or_set("a", lambda: cache.get("missing"))


@case
def add(cache):
    cache.add("a", 1)
    cache.add("a", 2)


@case
def incr(cache):
    for change in (cache.incr, cache.decr):
        with suppress(ValueError):
            change("missing")
    cache.set("a", 1)
    cache.incr("a")
    cache.decr("a", 2)


@case
def touch(cache):
    cache.touch("missing", 60)
    cache.set("a", 1)
    cache.touch("a", 60)


@case
def has_key(cache):
    cache.set("a", None)
    cache.has_key("a")
    cache.has_key("missing")
    _ = "a" in cache, "missing" in cache


@case
def delete(cache):
    cache.set("a", 1)
    cache.delete("a")
    cache.delete("missing")


@case
def many(cache):
    cache.set_many({"a": 1, "b": 2})
    cache.delete_many(["a", "b", "missing"])


@case
def versions(cache):
    cache.set("a", 1, version=2)
    cache.get("a")
    cache.get("a", version=2)
    cache.incr_version("a", version=2)
    cache.get("a", version=3)


@case
def wrong_type(cache):
    """Redis refuses: the key was made a list by the test."""
    with suppress(Exception):
        cache.get("list")


@case
async def a_cached_none(cache):
    await cache.aset("none", None)
    await cache.aget("none")


@case
async def a_get_many(cache):
    await cache.aset("a", 1)
    await cache.aset("b", None)
    await cache.aget_many(["a", "b", "missing"])


@case
async def a_get_or_set(cache):
    await cache.aget_or_set("a", 1)
    await cache.aget_or_set("a", 2)


@case
async def a_add(cache):
    await cache.aadd("a", 1)


@case
async def a_incr(cache):
    with suppress(ValueError):
        await cache.aincr("missing")
    await cache.aset("a", 1)
    await cache.aincr("a")
    await cache.adecr("a")


@case
async def a_touch(cache):
    await cache.aset("a", 1)
    await cache.atouch("a", 60)
    await cache.atouch("missing", 60)


@case
async def a_has_key(cache):
    await cache.aset("a", 1)
    await cache.ahas_key("a")
    await cache.ahas_key("missing")


@case
async def a_many(cache):
    await cache.aset_many({"a": 1, "b": 2})
    await cache.adelete_many(["a", "b"])
    await cache.adelete("a")


@case
async def a_versions(cache):
    await cache.aset("a", 1)
    await cache.aincr_version("a")


async def async_case(request, alias, name):
    await CASES[name](caches[alias])
    return HttpResponse("done")


def sync_case(request, alias, name):
    CASES[name](caches[alias])
    return HttpResponse("done")


def mixture(request, alias, seed):
    """Twenty calls on a dozen keys that all requests share; what get_or_set made is never deleted."""
    cache, chosen = caches[alias], random.Random(seed)
    calls = (
        cache.get,
        lambda key: cache.get_many([key, f"made-{key}", "never"]),
        lambda key: cache.get_or_set(f"made-{key}", seed),
        cache.has_key,
        lambda key: cache.add(key, seed),
        lambda key: cache.set(key, chosen.choice([None, seed])),
        cache.delete,
    )
    keys = [f"key-{number}" for number in range(12)]
    for _ in range(20):
        chosen.choice(calls)(chosen.choice(keys))
    return HttpResponse("done")
