"""The table of cases: what is done, and what a tool that claims to see it has to show.

From the rows of DESIGN's section 2 and from what the recorder's issue says is recorded. A fact is a number
that was added, or how many of each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .driver import Driver
from .tools import Tool

Drive = Callable[[Driver], object]


# Who a case is for, where that is not everybody: who has blocks and hooks of its own, who sums up several
# processes; and what our docs say is not seen.
OURS, SHARED, BLIND_SPOT = "ours", "shared", "blind spot"


@dataclass(frozen=True)
class AtLeast:
    """A time: it lasted so long, and no test can say how much longer."""

    seconds: float

    def accepts(self, shown: Any) -> bool:
        return self.seconds <= shown < self.seconds + 5

    def __str__(self) -> str:
        return f"at least {self.seconds:g}"


@dataclass(frozen=True)
class Distinct:
    """So many different names, whatever they are."""

    number: int

    def accepts(self, shown: Any) -> bool:
        return len(shown) == self.number

    def __str__(self) -> str:
        return f"{self.number} distinct"


def _accepts(expected: Any, shown: Any) -> bool:
    return expected.accepts(shown) if isinstance(expected, AtLeast | Distinct) else expected == shown


@dataclass(frozen=True)
class Case:
    group: str
    says: str
    drive: Drive
    expected: dict[str, Any]
    who: str = ""

    def wrong(self, shown: dict[str, Any]) -> dict[str, Any]:
        """Of the facts that a tool showed, those that are not so."""
        return {name: value for name, value in shown.items() if not _accepts(self.expected[name], value)}

    def is_for(self, tool: Tool) -> bool:
        """Whether the tool can be asked at all."""
        return tool.has_blocks if self.who == OURS else tool.across_processes if self.who == SHARED else True


def get(path: str) -> Drive:
    return lambda driver: driver.get(path)


def aget(path: str) -> Drive:
    return lambda driver: driver.aget(path)


def _cases(group: str, *rows: tuple[Any, ...]) -> list[Case]:
    return [Case(group, *row) for row in rows]


QUERIES = _cases(
    "Queries",
    ("async ORM in an async view, under ASGI", aget("async_orm"), {"queries": 1}),
    ("a sync view under ASGI", aget("one"), {"queries": 1}),
    ("a reconnect in the middle of a request", get("reconnecting"), {"queries": 2}),
    ("a connection from Django's pool", get("pooled"), {"queries": 1}),
    ("two databases, by alias", get("two_databases"), {"aliases": {"default": 1, "other": 1}}),
    ("a savepoint and its release are plumbing", get("savepoint"), {"queries": 1, "plumbing": 2}),
    ("`set_config` is plumbing", get("set_config"), {"queries": 1, "plumbing": 1}),
    ("`executemany` is one query", get("executemany"), {"queries": 1}),
    ("a server-side cursor is one query", get("server_side_cursor"), {"queries": 1}),
    ("a statement that fails", get("failing"), {"queries": 1, "failed queries": 1}),
    ("raw SQL, and psycopg's Composed", get("raw_and_composed"), {"queries": 2}),
    ("rows", get("rows"), {"rows": 7}),
    ("a transaction that sent nothing is none", get("two_transactions"), {"transactions": 1}),
    ("a slow query breaks its budget", get("slow"), {"slow": 1, "breaches": {"slow_queries": 1}}),
    ("eight equal queries: duplicates, no N+1", get("equal"), {"duplicates": 7, "N+1": 0}),
    ("queries while a body is streamed", get("stream"), {"queries": 1}),
    ("queries while a body is streamed, under ASGI", aget("async_stream"), {"queries": 1}),
    ("a thread's queries are told as nobody's", get("in_a_pool"), {"queries": 1, "unattributed": 1}),
    ("a thread's queries, carried over", get("carried"), {"queries": 1, "unattributed": 0}, OURS),
)
BLIND = _cases(
    "Queries",
    ("COPY", get("copy"), {"queries": 1}, BLIND_SPOT),
    ("`callproc`", get("callproc"), {"queries": 1}, BLIND_SPOT),
    ("psycopg's own cursor", get("psycopg_itself"), {"queries": 1}, BLIND_SPOT),
)
NPLUSONE = _cases(
    "N+1",
    ("by attribute access", get("attribute"), {"N+1": 1, "places": {"attribute": 1}}),
    (
        "`filter().exists()` in a loop",
        get("exists"),
        {"N+1 of queries": 1, "places of queries": {"exists": 1}},
    ),
    ("`save()` in a loop", get("save"), {"N+1 of queries": 1, "places of queries": {"save": 1}}),
    ("a raw cursor in a loop", get("cursor"), {"N+1 of queries": 1, "places of queries": {"cursor": 1}}),
    (
        "values written into the SQL",
        get("literals"),
        {"N+1 of queries": 1, "places of queries": {"literals": 1}},
    ),
    ("a template's loop", get("template"), {"N+1": 1}),
    ("a serializer's field", get("serializer"), {"N+1": 1}),
    ("two places with three each are none", get("two_places"), {"N+1": 0}),
    ("the chunks of one bulk_create are none", get("chunks"), {"N+1": 0}),
    ("the chunks of one prefetch are none", get("prefetched"), {"N+1": 0}),
)
CACHE = _cases(
    "Cache",
    ("a hit", get("cache?do=hit"), {"hits": 1, "misses": 0}),
    ("a miss", get("cache?do=miss"), {"hits": 0, "misses": 1}),
    ("a cached None is a hit", get("cache?do=none"), {"hits": 1, "misses": 0}),
    ("`get_many`: one per key", get("cache?do=many"), {"hits": 2, "misses": 1}),
    ("a cold `get_or_set` is one miss", get("cache?do=cold"), {"hits": 0, "misses": 1}),
    ("a warm `get_or_set` is one hit", get("cache?do=warm"), {"hits": 1, "misses": 0}),
    ("another version of the key", get("cache?do=version"), {"hits": 0, "misses": 1}),
    ("`in`", get("cache?do=in"), {"missed": {"has_key": 1}}),
    ("`touch` of a missing key", get("cache?do=touch"), {"missed": {"touch": 1}}),
    ("`aget`", aget("async_get"), {"hits": 1, "misses": 0}),
    ("an error that django-redis swallows", get("broken_cache"), {"cache errors": 1, "misses": 0}),
)
REQUESTS = _cases(
    "Requests",
    ("a request, named by its route", get("items/1"), {"requests": 1, "operations": {"GET /items/{pk}": 1}}),
    (
        "two ids are one name",
        lambda d: (d.get("items/1"), d.get("items/2")),
        {"requests": 2, "names": Distinct(1)},
    ),
    (
        "a scanner's 404s are one name",
        lambda d: (d.get("x/1"), d.get("x/2")),
        {"requests": 2, "names": Distinct(1)},
    ),
    (
        "words for methods are one method",
        lambda d: (d.get("one", "BREW"), d.get("one", "STIR")),
        {"methods": Distinct(1)},
    ),
    ("HEAD", lambda d: d.get("one", "HEAD"), {"requests": 1, "methods": {"HEAD": 1}}),
    ("an unhandled exception, once", get("unhandled"), {"requests": 1, "observations": 1, "errors": 1}),
    (
        "answered by a middleware before the resolver",
        lambda d: (d.get("answered/1"), d.get("answered/2")),
        {"requests": 2, "operations": {"GET /answered/{pk}": 2}, "statuses": {"503": 2}},
    ),
    ("a stream ends with its body", get("stream"), {"requests": 1, "seconds": AtLeast(0.3)}),
    (
        "a stream ends with its body, under ASGI",
        aget("async_stream"),
        {"requests": 1, "seconds": AtLeast(0.3)},
    ),
    ("a file", get("file"), {"requests": 1}),
    (
        "a client that hangs up, under ASGI",
        lambda d: d.hang_up("hanging"),
        {"requests": 1, "observations": 1, "statuses": {"499": 1}},
    ),
    (
        "the wait for a worker, by X-Request-Start",
        lambda d: d.get("one", queued=2),
        {"queued": 1, "wait": AtLeast(2)},
    ),
)
OTHERS = _cases(
    "Tasks, commands, blocks",
    (
        "tasks that end well and badly",
        lambda d: (d.task("work"), d.task("fail")),
        {"tasks": {"ok": 1, "error": 1}},
    ),
    ("a retry apart", lambda d: d.task("again"), {"tasks": {"retry": 1, "ok": 1}}),
    (
        "commands that end well and badly",
        lambda d: (d.command(), d.command("--fail")),
        {"commands": {"ok": 1, "error": 1}},
    ),
    (
        "a nested block, in it and around it",
        lambda d: d.nested_blocks(),
        {"blocks": {"outer": 1, "inner": 1}, "queries": 2, "queries of blocks": 3},
        OURS,
    ),
)
PROCESSES = _cases(
    "Processes and faults",
    ("twelve workers, one after the other: all is kept", lambda d: d.workers(12), {"requests": 12}, SHARED),
    ("... and they leave no files behind", lambda d: d.workers(12), {"files": 0}, SHARED),
    ("three workers at once", lambda d: d.workers(3, at_once=True), {"requests": 3}, SHARED),
    (
        "a worker that is killed (SIGKILL) after a request",
        lambda d: d.workers(1, kill=True),
        {"requests": 1},
        SHARED,
    ),
    (
        "a fault inside is counted, not felt",
        lambda d: d.with_a_fault("one"),
        {"requests": 1, "faults": 1},
        OURS,
    ),
    ("a value in the SQL is shown to nobody", get("secret"), {"leaks": 0}),
)

CASES = [*QUERIES, *BLIND, *NPLUSONE, *CACHE, *REQUESTS, *OTHERS, *PROCESSES]
