"""One contestant in a process of its own: answers requests for blocks, a JSON line each.

`{"endpoint": "empty", "timed": 100, "untimed": 10}` -> `{"ns": [...]}`; `{"endpoint": null}` ->
`{"recorded": {...}, "done": {...}}`. Requests go straight to Django's WSGIHandler: no socket but PostgreSQL's
and Redis'. What a contestant prints goes nowhere, unless BENCH_DEBUG is set.
"""

import json
import os
import sys
from collections import Counter
from collections.abc import Callable
from time import perf_counter_ns
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler
from django.test import RequestFactory

from .contestants import CONTESTANTS, user_agent
from .endpoints import work


class Caller:
    """Sends requests to the service and counts them."""

    def __init__(self, application: Callable[..., Any]) -> None:
        self.application = application
        self.requests: Counter[str] = Counter()
        self.statuses: set[str] = set()

    def call(self, environment: dict[str, Any]) -> int:
        """One request, its body read to the end. Nanoseconds."""
        start = perf_counter_ns()
        response = self.application(dict(environment), self._start_response)
        for _ in response:
            pass
        response.close()
        return perf_counter_ns() - start

    def _start_response(self, status: str, headers: object, exc_info: object = None) -> None:
        self.statuses.add(status)

    def block(self, endpoint: str, timed: int, untimed: int) -> list[int]:
        environment = RequestFactory()._base_environ(  # noqa: SLF001
            PATH_INFO=f"/{endpoint}", REQUEST_METHOD="GET", HTTP_USER_AGENT=user_agent()
        )
        self.requests[endpoint] += timed + untimed
        for _ in range(untimed):
            self.call(environment)
        found = [self.call(environment) for _ in range(timed)]
        if self.statuses != {"200 OK"}:
            raise RuntimeError(f"/{endpoint} answered {self.statuses}; see it with BENCH_DEBUG=1")
        return found


def silence() -> Any:
    """Keep the standard output for our lines alone; returns it as a file."""
    out = os.fdopen(os.dup(1), "w", buffering=1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    if not os.environ.get("BENCH_DEBUG"):
        os.dup2(nowhere, 2)
    return out


def main() -> None:
    out = silence()
    contestant = CONTESTANTS[os.environ["BENCH_CONTESTANT"]]
    django.setup()
    contestant.ready()
    caller = Caller(WSGIHandler())
    for line in sys.stdin:
        wanted = json.loads(line)
        if wanted["endpoint"] is None:
            answer = {"recorded": contestant.recorded(), "done": work(caller.requests)}
        else:
            answer = {"ns": caller.block(**wanted)}
        out.write(json.dumps(answer) + "\n")
    os._exit(0)  # what a contestant would still send at its exit is nobody's


if __name__ == "__main__":
    main()
