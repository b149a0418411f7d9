"""The Redis servers of the project's caches, as their INFO has it; each server once, however many aliases."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache
from prometheus_client.core import Metric

from .. import catalog
from .part import family

TIMEOUT_S: Final = 1.0


def client_of(cache: Any) -> Any:
    """The redis client of a cache backend, Django's own or django-redis'; None of any other."""
    if isinstance(cache, RedisCache):
        return cache._cache.get_client(write=True)  # noqa: SLF001
    django_redis = sys.modules.get("django_redis.cache")
    if django_redis is not None and isinstance(cache, django_redis.RedisCache):
        return cache.client.get_client(write=True)
    return None


@contextmanager
def own_client(client: Any) -> Iterator[Any]:
    """A client of the same server, on a connection of its own with short time-outs and no second try."""
    from redis import BlockingConnectionPool, ConnectionPool, Redis  # noqa: PLC0415  (it has a client of it)
    from redis.backoff import NoBackoff  # noqa: PLC0415
    from redis.retry import Retry  # noqa: PLC0415

    own = client.connection_pool
    if type(own) not in (ConnectionPool, BlockingConnectionPool):
        yield client  # a sentinel's: only it knows the server
        return
    quick = {"socket_timeout": TIMEOUT_S, "socket_connect_timeout": TIMEOUT_S, "retry": Retry(NoBackoff(), 0)}
    pool = ConnectionPool(connection_class=own.connection_class, **own.connection_kwargs | quick)
    try:
        yield Redis(connection_pool=pool)
    finally:
        pool.disconnect()


def _info(client: Any) -> dict[str, Any]:
    with own_client(client) as own:
        return dict(own.info())


def read() -> list[Metric] | None:
    """The families of tacho_redis_*, or None where no cache is on Redis. Raises the client's errors.

    A cluster's client has no connection_pool; what one of its nodes says is not the cluster's figure.
    """
    clients = [client_of(caches[alias]) for alias in caches]
    infos = [_info(client) for client in clients if hasattr(client, "connection_pool")]
    if not infos:
        return None
    servers = {info["run_id"]: info for info in infos}.values()
    return [
        family(catalog.REDIS_EVICTED, {(): sum(info["evicted_keys"] for info in servers)}),
        family(catalog.REDIS_MEMORY, {(): sum(info["used_memory"] for info in servers)}),
    ]
