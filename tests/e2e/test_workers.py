"""Ten thousand requests over workers that are recycled and killed: nothing is lost, nothing falls."""

import asyncio
import json
import os
import signal
from itertools import cycle, islice, pairwise
from pathlib import Path

import pytest

from tests.e2e.figures import Figures, until
from tests.e2e.load import Tally, send
from tests.e2e.web import Gunicorn

WORKERS, THREADS, CLIENTS = 4, 4, 16
# Three that do nothing to one that asks the database and the cache, once each.
PATHS = ("/ping", "/ping", "/ping", "/work")


@pytest.mark.parametrize(("requests", "arguments"), [(10_000, []), (2_000, ["--preload"])])
async def test_every_request_is_counted(serve, sample_env, requests, arguments):
    server = serve(
        Gunicorn, sample_env, "--workers", str(WORKERS), "--threads", str(THREADS),
        "--max-requests", str(requests // 12), "--max-requests-jitter", str(requests // 50), *arguments,
    )  # fmt: skip
    tally = Tally()
    paths = islice(cycle(PATHS), requests)
    load = asyncio.create_task(send(server.port, paths, clients=CLIENTS, tally=tally))
    kill = asyncio.create_task(kill_one(tally, after=requests // 3))
    scrapes = await watch(server, load)
    await asyncio.gather(load, kill)

    assert tally.statuses == {200: requests}
    # Each client had at most one request under way when the worker died.
    assert tally.broken <= CLIENTS
    figures = await asyncio.to_thread(until, server.figures, nobody_else_is_served)
    assert_nothing_is_lost(figures, requests, tally.broken)
    assert_nothing_fell([*scrapes, figures])
    assert_slots_are_bounded(server, figures, starts=WORKERS + 4)


async def kill_one(tally: Tally, after: int) -> None:
    """SIGKILL the worker that answered last, once `after` requests are answered."""
    while tally.answered < after:
        await asyncio.sleep(0.01)
    os.kill(json.loads(tally.last_body)["pid"], signal.SIGKILL)


async def watch(server: Gunicorn, load: asyncio.Task) -> list[Figures]:
    """Scrape until the load is done. A scrape that met the worker that was killed is left out."""
    found = []
    while not load.done():
        try:
            found.append(await asyncio.to_thread(server.figures))
        except OSError:
            continue
        await asyncio.wait([load], timeout=0.4)
    return found


def nobody_else_is_served(figures: Figures) -> bool:
    """The scrape itself is the one request in progress."""
    return figures.total("tacho_requests_in_progress") == figures.total("tacho_workers_busy") == 1


def assert_nothing_is_lost(figures: Figures, answered: int, broken: int) -> None:
    """What was answered is counted. What was under way at the kill may be, or not."""
    counted = {path: counted_as(figures, path) for path in set(PATHS)}
    assert answered <= sum(counted.values()) <= answered + broken
    # The kill may part the figures of one request, which are written one after the other.
    shown = {
        "queries": figures.total("tacho_operation_db_queries_sum", operation="GET /work"),
        "all queries": figures.total("tacho_db_query_duration_seconds_count", alias="default"),
        "cache": figures.total("tacho_cache_operations_total", operation="GET /work", result="miss"),
        "all cache": figures.total("tacho_cache_calls_total", command="get", result="miss"),
    }
    assert {name: number for name, number in shown.items() if abs(number - counted["/work"]) > 1} == {}
    assert figures.total("tacho_recorder_unattributed_queries_total") == 0


def counted_as(figures: Figures, path: str) -> float:
    """How often the operation of `path` ended, which was always in success."""
    operation = {"kind": "request", "operation": f"GET {path}", "class_": "detail"}
    (status, counted), *others = figures.by("tacho_operations_total", "status", **operation).items()
    assert (status, others) == (("200",), [])
    assert abs(figures.total("tacho_operation_duration_seconds_count", **operation) - counted) <= 1
    return counted


def assert_nothing_fell(scrapes: list[Figures]) -> None:
    """Nor vanished, but for what is read of the servers, which a scrape does without when they are slow."""
    assert len(scrapes) > 3
    for earlier, later in pairwise(scrapes):
        now = later.counters()
        fell = {key: (was, now.get(key)) for key, was in earlier.counters().items() if now.get(key, -1) < was}
        assert {key for key in fell if not key[0].startswith(("tacho_redis_", "tacho_pg_"))} == set()


def assert_slots_are_bounded(server: Gunicorn, figures: Figures, starts: int) -> None:
    """A worker that starts takes the place of one that ended; the arbiter, which serves nobody, has none."""
    assert figures.total("tacho_worker_starts_total") >= starts
    slots = {str(path) for path in server.cells.glob("slot_*")}
    assert len(slots) <= WORKERS + 2
    assert figures.total("tacho_slots") == len(slots)
    assert slots.isdisjoint(str(fd.readlink()) for fd in Path(f"/proc/{server.pid}/fd").iterdir())
