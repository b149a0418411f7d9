"""One side of a comparison: a process that runs blocks of one scenario's calls when asked.

Run by its path, under the project and the environment of one revision. One JSON request a line on stdin, one
JSON answer a line on stdout; what the application prints goes to stderr.
"""

import gc
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import ceil
from time import perf_counter
from typing import Any, TextIO

import django
from django.db import connection, transaction

# A block is long enough for its fastest call to have met a quiet moment, and no longer than a second needs.
BLOCK_MS, LONGEST_BLOCK_MS = 50, 1_000
WANTED_CALLS, LEAST_CALLS = 10, 3
WARM_UP_CALLS = 3

Request = dict[str, Any]
Answer = dict[str, Any]


class Side:
    """The scenario that is prepared, and what is planted in it."""

    def __init__(self, environment: Any) -> None:
        from monitoring.scenarios import client_for, scenarios  # noqa: PLC0415  (Django is set up only now)

        self._environment = environment
        self._client_for = client_for
        self._scenarios = scenarios()
        self._call: Callable[[], object] = lambda: None
        self._plant: Callable[[], None] = lambda: None
        self._repeatable = True

    def list(self) -> Answer:
        """The operations that have scenarios."""
        return {"operations": list(self._scenarios)}

    def prepare(self, operation: str, size: int) -> Answer:
        """Seed `size` and warm up. `ms` is the fastest call."""
        scenario = self._scenarios[operation]
        world = self._environment.seeded(scenario.seed, size)
        _analyse()
        client = self._client_for(scenario.role)
        self._repeatable = scenario.repeatable
        self._call = lambda: scenario.call(client, world)
        self._plant = lambda: None
        return {"ms": min(self._timed() for _ in range(WARM_UP_CALLS))}

    def plant(self, kind: str, ms: float) -> Answer:
        """Make each call slower by `ms` milliseconds: of Python's, or of the database's."""
        self._plant = {"python": _spin, "sql": _sleep_in_sql}[kind](ms)
        return {}

    def block(self, calls: int) -> Answer:
        """So many calls; `ms` is the fastest."""
        gc.collect()
        return {"ms": min(self._timed() for _ in range(calls))}

    def _timed(self) -> float:
        """Milliseconds of one call with nothing in the cache; what cannot be repeated is rolled back."""
        self._environment.empty_caches()
        with _undone() if not self._repeatable else _kept():
            start = perf_counter()
            response: Any = self._call()
            if getattr(response, "streaming", False):
                for _ in response:
                    pass
            self._plant()
            elapsed = perf_counter() - start
        status = getattr(response, "status_code", 200)
        if not 200 <= status < 300:
            raise RuntimeError(f"the answer was {status}")
        return elapsed * 1000


def _analyse() -> None:
    """Both sides plan by what is there, not by when the server came round to look."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def calls_in_block(ms: float) -> int:
    """How many calls of `ms` milliseconds make a block."""
    wanted = max(WANTED_CALLS, ceil(BLOCK_MS / ms))
    return max(LEAST_CALLS, min(wanted, int(LONGEST_BLOCK_MS / ms)))


@contextmanager
def _undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def _kept() -> Iterator[None]:
    yield


def _spin(ms: float) -> Callable[[], None]:
    def spin() -> None:
        end = perf_counter() + ms / 1000
        while perf_counter() < end:
            pass

    return spin


def _sleep_in_sql(ms: float) -> Callable[[], None]:
    def sleep() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(%s)", [ms / 1000])

    return sleep


def _serve(side: Side, answers: TextIO) -> None:
    for line in sys.stdin:
        request: Request = json.loads(line)
        action = request.pop("action")
        try:
            answer = getattr(side, action)(**request)
        except Exception as error:  # noqa: BLE001  (the other side tells it, and goes on with the next scenario)
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def main() -> None:
    """`worker.py INSTANCE TEMPLATES`: {alias: database} to clone as JSON, or null to migrate one."""
    instance, templates = sys.argv[1], json.loads(sys.argv[2])
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    django.setup()
    from monitoring.budgets.gate.environment import own_environment  # noqa: PLC0415  (Django is set up only now)

    with own_environment(instance=instance, templates=templates) as environment:
        gc.collect()
        gc.freeze()
        gc.disable()
        _serve(Side(environment), answers)


if __name__ == "__main__":
    main()
