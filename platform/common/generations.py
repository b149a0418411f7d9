"""Answers kept in the cache and forgotten together, without ever being refilled with an older state.

A reader takes the family's generation before it reads the database and stores under that generation. A writer
counts it up after its commit. What a slow reader stores then lies under a generation that nobody asks for.
"""

import hashlib
import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django_redis.exceptions import ConnectionInterrupted

logger = logging.getLogger(__name__)

# A writer that dies between its commit and the count leaves older answers for at most this long.
TTL_S = 300


class Family:
    """What is forgotten together, by one name."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._generation = f"{name}:generation"

    def get_or_make(self, key: str, make: Callable[[], Any]) -> Any:
        """The answer kept under `key`, else `make()`, which is kept for the next.

        Inside a transaction `make` may see what is not committed: nothing is taken from the cache or put
        there. A cache that cannot be reached costs speed and nothing else.
        """
        if transaction.get_connection().in_atomic_block:
            return make()
        try:
            place = self._place(key)
            kept = cache.get(place)
        except ConnectionInterrupted:
            logger.warning("The cache cannot be reached; %s is read from the database", self._name)
            return make()
        if kept is not None:
            return kept
        answer = make()
        try:
            cache.set(place, answer, TTL_S)
        except ConnectionInterrupted:
            logger.warning("The cache cannot be reached; %s is not kept", self._name)
        return answer

    def forget_on_commit(self) -> None:
        """Once this transaction is committed (now, where there is none) no answer from before it is given."""
        transaction.on_commit(self.forget, robust=True)

    def forget(self) -> None:
        try:
            cache.incr(self._generation)
        except ValueError:
            self._begin()

    def _place(self, key: str) -> str:
        generation = cache.get(self._generation)
        if generation is None:
            generation = self._begin()
        return f"{self._name}:{generation}:{hashlib.sha256(key.encode()).hexdigest()}"

    def _begin(self) -> int:
        """From the clock: an evicted count never starts again where it was."""
        cache.add(self._generation, time.time_ns(), timeout=None)
        return cache.get(self._generation, 0)
