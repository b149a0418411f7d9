"""The configured caches under keys of their own, emptied without touching anybody else's entries."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.base import get_key_func
from django.test.utils import override_settings

from monitoring.errors import BudgetError

KeyFunction = Callable[[str, str, int], str]
BATCH = 500


class OwnCaches:
    """Each emptying begins a new generation of keys: to flush a shared server would hit its other users."""

    def __init__(self) -> None:
        self.namespace = f"tachograph-gate:{uuid4().hex[:12]}"
        self.generation = 0

    @classmethod
    @contextmanager
    def made(cls) -> Iterator["OwnCaches"]:
        """All cache aliases use the namespace inside the block; Redis' keys of it are deleted at its end."""
        own = cls()
        own.check()
        with override_settings(
            CACHES={alias: own.configured(config) for alias, config in settings.CACHES.items()}
        ):
            try:
                yield own
            finally:
                own.delete()

    def check(self) -> None:
        """Raises BudgetError for a server that does not answer."""
        for alias in settings.CACHES:
            try:
                if (client := _redis(alias)) is not None:
                    client.ping()
            except Exception as error:  # each driver has errors of its own
                raise BudgetError(
                    f"The cache {alias!r} cannot be reached, start it or set where it is: {error}"
                ) from error

    def configured(self, config: Mapping[str, Any]) -> dict[str, Any]:
        make_key: KeyFunction = get_key_func(config.get("KEY_FUNCTION"))

        def key(key: str, prefix: str, version: int) -> str:
            return f"{self.namespace}:{self.generation}:{make_key(key, prefix, version)}"

        return {**config, "KEY_FUNCTION": key}

    def empty(self) -> None:
        """No entry is found any more."""
        self.generation += 1

    def delete(self) -> None:
        """Remove the entries of all generations, where the server can list them."""
        for alias in settings.CACHES:
            client = _redis(alias)
            if client is None:
                continue
            keys = list(client.scan_iter(match=f"{self.namespace}:*", count=BATCH))
            for start in range(0, len(keys), BATCH):
                client.unlink(*keys[start : start + BATCH])


def _redis(alias: str) -> Any:
    """The Redis client under a cache alias; None for another kind of cache."""
    cache: Any = caches[alias]
    if hasattr(cache, "client"):  # django-redis
        return cache.client.get_client(write=True)
    get_client = getattr(getattr(cache, "_cache", None), "get_client", None)  # Django's own
    return get_client(None, write=True) if get_client is not None else None
