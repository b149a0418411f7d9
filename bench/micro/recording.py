"""Nanoseconds that the recorder adds to a request, a query and a cache get: nothing else is in the way.

The database's cursor and the cache do nothing; everything around them is what a request runs through.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from typing import Any

import django

from .timing import added_ns

REPEATS = 60
UNITS = 20
# What lies between a view's line and the cursor: a walk to the application's frame goes through it.
ORM_FRAMES = 8
_NESTED = "def nested(depth, call):\n    return call() if depth == 0 else nested(depth - 1, call)\n"


def through_the_orm() -> Callable[[int, Callable[[], Any]], Any]:
    """A function that calls another from below so many frames, which the recorder takes for the ORM's."""
    from django.db.models import query

    space: dict[str, Any] = {}
    exec(compile(_NESTED, query.__file__, "exec"), space)  # noqa: S102  (a constant of this module)
    return space["nested"]


def request_ns(repeats: int) -> float:
    """A request through the middleware: begun, named, analysed, held to its budget, written to the cells."""
    from django.http import HttpResponse
    from django.test import RequestFactory
    from django.urls import resolve

    from monitoring.middleware import RecorderMiddleware

    request, response = RequestFactory().get("/empty"), HttpResponse("ok")
    request.resolver_match = resolve("/empty")

    def get_response(_: object) -> HttpResponse:
        return response

    middleware = RecorderMiddleware(get_response)
    return added_ns(lambda: middleware(request), lambda: get_response(request), units=1, repeats=repeats)


def query_ns(repeats: int, statements: list[str]) -> float:
    """A query of `statements`, run one after the other within one operation, with parameters that differ.

    What the operation itself takes is not counted.
    """
    from django.db import connections
    from django.db.backends.utils import CursorWrapper

    from bench.lab.stills import StillCursor
    from monitoring import operation

    # The wrapper itself: the proxy `django.db.connection` would add its own look-ups.
    connection = connections["default"]
    connection.ensure_connection()
    cursor, nested = CursorWrapper(StillCursor(), connection), through_the_orm()
    halves = [(sql[:40], sql[40:]) for sql in statements]

    def run() -> None:
        for number, (head, tail) in enumerate(halves):
            # A string of its own each time, as the compiler makes it: its hash is not known yet.
            nested(ORM_FRAMES, lambda sql=head + tail, number=number: cursor.execute(sql, (number,)))

    def within(work: Callable[[], None]) -> None:
        with operation("bench.queries"):
            work()

    def bare() -> None:
        wrappers, connection.execute_wrappers = connection.execute_wrappers, []
        try:
            within(run)
        finally:
            connection.execute_wrappers = wrappers

    return added_ns(lambda: within(run), bare, units=len(statements), repeats=repeats)


def get_ns(repeats: int) -> float:
    """A cache get within one operation; what the operation itself takes is not counted."""
    from django.core.cache import caches

    from bench.lab.stills import StillCache
    from monitoring import operation

    watched, bare = caches["still"], StillCache("", {})

    def gets(cache: StillCache) -> None:
        with operation("bench.gets"):
            for _ in range(UNITS):
                cache.get("key")

    return added_ns(lambda: gets(watched), lambda: gets(bare), units=UNITS, repeats=repeats)


def main(repeats: int) -> None:
    django.setup()
    # The repeated statement is an N+1, of which one line is logged for each operation: no part of a query.
    logging.getLogger("tachograph.operation").setLevel(logging.ERROR)
    from bench.lab.models import Cadet

    select = str(Cadet.objects.select_related("company").order_by("id").query)
    firsts = [f"{select.replace('email', f'email_{n}')} LIMIT %s" for n in range(UNITS)]
    first = query_ns(repeats, firsts)
    repeated = query_ns(repeats, [firsts[0]] * UNITS)
    found = {
        "request": request_ns(repeats),
        "query": first,
        "query_repeated": repeated,
        "get": get_ns(repeats),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else REPEATS)
