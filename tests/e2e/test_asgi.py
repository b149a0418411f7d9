"""Under uvicorn: each request is counted once, with its own figures, however many others run meanwhile."""

import asyncio
import json
import random

import pytest

from tests.e2e.figures import until
from tests.e2e.load import Connection, send_all
from tests.e2e.sample.endpoints import EXACTLY
from tests.e2e.web import ROOT, Uvicorn

REQUESTS = 2_000


@pytest.fixture(scope="module")
def server(serve, sample_env):
    # A thread for each request, and so a connection: the pool keeps them few.
    return serve(Uvicorn, sample_env | {"DB_POOL_MAX": "10"})


def one(figures, name, path, **labels):
    return figures.total(name, operation=f"GET {path}", **labels)


def statuses(figures, path):
    return figures.by("tacho_operations_total", "status", operation=f"GET {path}")


def record(server, path, times=1):
    """What /metrics says of `times` requests to `path` when the server is done with them."""
    before = server.figures()
    tally = send_all(server.port, [path] * times, clients=min(times, 8))
    assert tally.broken == 0
    figures = until(lambda: server.figures() - before, lambda now: sum(statuses(now, path).values()) == times)
    return figures, tally


async def test_thousands_of_interleaved_requests_keep_their_own_figures(server):
    """The client knows what each request asks, and each is told what the recorder saw of it."""
    wanted = [(kind, *numbers) for kind in ("sync", "async") for numbers in EXACTLY]
    todo = random.Random(1).choices(wanted, k=REQUESTS)
    before, requests = await asyncio.to_thread(server.figures), iter(todo)

    async def client():
        connection = Connection(server.port)
        for kind, queries, calls in requests:
            status, body = await connection.ask(f"/asgi/{kind}/{queries}-{calls}")
            assert (status, json.loads(body)) == (200, {"queries": queries, "cache": calls})
        connection.close()

    await asyncio.gather(*(client() for _ in range(40)))
    figures = await asyncio.to_thread(server.figures) - before
    for kind, queries, calls in wanted:
        path, number = f"/asgi/{kind}/{queries}-{calls}", todo.count((kind, queries, calls))
        assert statuses(figures, path) == {("200",): number}
        assert one(figures, "tacho_operation_db_queries_sum", path) == number * queries
        assert one(figures, "tacho_cache_operations_total", path) == number * calls
    assert_nothing_is_left(figures, queries=sum(q for _, q, _ in todo), calls=sum(c for *_, c in todo))


def assert_nothing_is_left(figures, queries, calls):
    assert figures.total("tacho_db_query_duration_seconds_count") == queries
    assert figures.total("tacho_cache_calls_total") == calls
    assert figures.total("tacho_recorder_unattributed_queries_total") == 0
    # A difference of two scrapes, each of which is itself in progress.
    assert figures.total("tacho_requests_in_progress") == 0


def test_queries_of_a_view_s_own_tasks_are_its_own(server):
    figures, _ = record(server, "/asgi/gathered", times=20)
    assert one(figures, "tacho_operation_db_queries_sum", "/asgi/gathered") == 6 * 20
    assert figures.total("tacho_recorder_unattributed_queries_total") == 0


@pytest.mark.parametrize("path", ["/asgi/sync_stream", "/asgi/async_stream"])
def test_a_stream_ends_with_its_body(server, path):
    figures, tally = record(server, path, times=8)
    assert tally.last_body == b"shelf 1shelf 2shelf 3"
    assert statuses(figures, path) == {("200",): 8}
    assert one(figures, "tacho_operation_db_queries_sum", path) == 3 * 8
    assert one(figures, "tacho_operation_duration_seconds_sum", path) > 0.3 * 8
    assert figures.total("tacho_recorder_unattributed_queries_total") == 0


@pytest.mark.parametrize("path", ["/asgi/async_failure", "/asgi/sync_failure"])
def test_an_unhandled_exception_is_one_500(server, path):
    figures, _ = record(server, path, times=4)
    assert statuses(figures, path) == {("500",): 4}
    assert one(figures, "tacho_operation_db_queries_sum", path) == 4


def test_a_stream_that_fails_keeps_the_status_that_was_sent(server):
    path = "/asgi/failing_stream"
    before = server.figures()
    asyncio.run(hang_up(server, path, after=None))
    figures = until(lambda: server.figures() - before, lambda now: statuses(now, path))
    assert statuses(figures, path) == {("200",): 1}
    assert one(figures, "tacho_operation_db_queries_sum", path) == 1


async def hang_up(server, path, after):
    """Ask, read up to the words `after` (None: to the end; empty: nothing), close."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    if after is None:
        await reader.read()
    elif after:
        await reader.readuntil(after)
    else:
        await asyncio.to_thread(until, server.figures, is_served_beside_the_scrape)
    writer.close()


def is_served_beside_the_scrape(figures):
    return figures.total("tacho_requests_in_progress") == 2


def test_a_client_that_leaves_an_event_stream(server):
    """It had its headers: 200, with all that was asked for it, and nothing goes on afterwards."""
    path = "/asgi/events"
    before = server.figures()
    asyncio.run(hang_up(server, path, after=b"data: 2\n\n"))
    figures = until(lambda: server.figures() - before, lambda now: statuses(now, path))
    assert statuses(figures, path) == {("200",): 1}
    queries = one(figures, "tacho_operation_db_queries_sum", path)
    assert queries >= 2
    assert_nothing_is_left(figures, queries=queries, calls=0)


def test_a_client_that_leaves_before_the_response_is_one_499(server):
    path = "/asgi/async_wait"
    before = server.figures()
    asyncio.run(hang_up(server, path, after=b""))
    figures = until(lambda: server.figures() - before, lambda now: statuses(now, path))
    assert statuses(figures, path) == {("499",): 1}
    assert_nothing_is_left(figures, queries=1, calls=0)


def test_what_a_thread_does_after_its_client_left_is_unattributed(server):
    path = "/asgi/sync_wait"
    before = server.figures()
    asyncio.run(hang_up(server, path, after=b""))
    figures = until(
        lambda: server.figures() - before,
        lambda now: now.total("tacho_db_query_duration_seconds_count") == 2,
    )
    assert statuses(figures, path) == {("499",): 1}
    assert one(figures, "tacho_operation_db_queries_sum", path) == 1
    assert figures.total("tacho_recorder_unattributed_queries_total") == 1


def test_many_clients_that_leave_are_each_counted_once(server):
    before = server.figures()

    async def leave_at_any_time(number):
        path = ("/asgi/async/7-4", "/asgi/events", "/asgi/async_wait", "/asgi/async_stream")[number % 4]
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        await writer.drain()
        await asyncio.sleep(number % 10 / 200)
        writer.close()

    async def all_of_them():
        await asyncio.gather(*(leave_at_any_time(number) for number in range(120)))

    asyncio.run(all_of_them())
    figures = until(
        lambda: server.figures() - before,
        lambda now: now.total("tacho_requests_in_progress") == 0 and counted(now) >= 100,
    )
    assert counted(figures) <= 120
    assert set(figures.by("tacho_operations_total", "status", kind="request")) <= {("200",), ("499",)}


def counted(figures):
    paths = ("/asgi/async/7-4", "/asgi/events", "/asgi/async_wait", "/asgi/async_stream")
    return sum(one(figures, "tacho_operations_total", path) for path in paths)


def test_what_matches_no_route_is_one_name(server):
    before = server.figures()
    send_all(server.port, [f"/nowhere/{number}" for number in range(20)])
    assert statuses(server.figures() - before, "_unmatched") == {("404",): 20}


def test_an_n_plus_one_of_an_async_view_is_named(server):
    record(server, "/asgi/repeated")
    views = ROOT / "tests" / "e2e" / "sample" / "async_views.py"
    line = next(n for n, text in enumerate(views.read_text().splitlines(), 1) if "N+1: repeated" in text)
    assert f"async_views.py:{line} in repeated" in server.log.read_text()


def test_two_places_of_an_async_view_are_no_n_plus_one(server):
    figures, _ = record(server, "/asgi/two_places")
    assert one(figures, "tacho_nplusone_total", "/asgi/two_places") == 0
