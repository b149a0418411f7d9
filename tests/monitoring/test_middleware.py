"""Requests through the whole of Django: counted once, named, ended when their body ends."""

import asyncio
import time
from io import BytesIO

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.test import AsyncClient, Client
from django.urls import path

from monitoring.record import current

MIDDLEWARE = "monitoring.middleware.RecorderMiddleware"


def execute(value=1):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s", (value,))


def plain(request):
    execute()
    return HttpResponse("x" * 10)


def raises(request):
    execute()
    raise RuntimeError("broken on purpose")


def forbidden(request):
    raise PermissionDenied


def streamed(request):
    def body():
        for i in range(3):
            execute(i)
            assert current() is not None
            yield b"12345"

    return StreamingHttpResponse(body())


def breaks_midway(request):
    def body():
        yield b"12345"
        raise RuntimeError("broken on purpose")

    return StreamingHttpResponse(body())


def file(request):
    return FileResponse(BytesIO(b"x" * 20_000), filename="x.bin")


async def asynchronous(request):
    await asyncio.sleep(0)
    return HttpResponse(current().request_id)


async def streamed_asynchronously(request):
    async def body():
        for _ in range(3):
            await asyncio.sleep(0)
            assert current() is not None
            yield b"12345"

    return StreamingHttpResponse(body())


async def waits(request):
    await asyncio.sleep(30)


urlpatterns = [
    path("plain", plain),
    path("raises", raises),
    path("forbidden", forbidden),
    path("streamed", streamed),
    path("breaks", breaks_midway),
    path("file", file),
    path("async", asynchronous),
    path("async-streamed", streamed_asynchronously),
    path("waits", waits),
]
pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]


class Answers:
    """A middleware that answers before the resolver runs."""

    def __init__(self, get_response):
        pass

    def __call__(self, request):
        return HttpResponse(status=418)


@pytest.fixture
def client():
    return Client(raise_request_exception=False)


def test_a_request_is_one_operation(client, ended, figure):
    response = client.get("/plain")
    (found,) = ended
    assert (found.kind, found.name, found.status, found.queries) == ("request", "GET /plain", "200", 1)
    assert found.response_bytes == 10
    assert found.duration_ns >= found.db_ns > 0
    assert found.cpu_ns > 0
    assert found.request_id == response.headers["X-Request-ID"]
    assert figure("tacho_operations", "request", "GET /plain", "detail", "200") == 1
    assert current() is None


@pytest.mark.parametrize(("path", "status"), [("/raises", "500"), ("/forbidden", "403"), ("/nowhere", "404")])
def test_whatever_comes_of_it_it_is_counted_once(client, ended, figure, path, status):
    client.get(path)
    assert [one.status for one in ended] == [status]
    assert figure("tacho_operations", "request") == 1


def test_an_answer_of_a_middleware_has_the_name_of_its_route(client, ended, settings):
    settings.MIDDLEWARE = [MIDDLEWARE, f"{__name__}.Answers"]
    client.get("/plain")
    assert [(one.name, one.status) for one in ended] == [("GET /plain", "418")]


def test_head_and_unknown_methods(client, ended):
    client.head("/plain")
    client.generic("BREW", "/plain")
    assert [one.name for one in ended] == ["HEAD /plain", "_OTHER /plain"]


def test_a_stream_ends_with_its_body_and_owns_what_runs_in_it(client, ended):
    response = client.get("/streamed")
    assert ended == []
    body = b"".join(response.streaming_content)  # Django's client closes it at its end
    (found,) = ended
    assert (body, found.queries, found.response_bytes) == (b"12345" * 3, 3, 15)
    assert current() is None


def test_a_stream_that_breaks_keeps_the_status_that_was_sent(client, ended):
    response = client.get("/breaks")
    with pytest.raises(RuntimeError):
        b"".join(response.streaming_content)
    response.close()
    assert [one.status for one in ended] == ["200"]


def test_a_stream_that_nobody_reads_ends_when_it_is_closed(client, ended):
    client.get("/streamed").close()
    assert [(one.status, one.queries) for one in ended] == [("200", 0)]


def test_a_file_ends_when_it_is_closed(client, ended):
    response = client.get("/file")
    assert ended == []
    assert len(b"".join(response.streaming_content)) == 20_000
    assert [one.name for one in ended] == ["GET /file"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a-Z_1.2", True),
        ("x" * 64, True),
        ("x" * 65, False),
        ("a b", False),
        ("<b>", False),
        ("", False),
    ],
)
def test_a_sane_request_id_is_kept_and_any_other_replaced(client, given, kept):
    sent = client.get("/plain", headers={"X-Request-ID": given}).headers["X-Request-ID"]
    assert (sent == given) is kept
    assert sent


def test_the_trace_id_is_taken_from_traceparent(client, ended):
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    client.get("/plain", headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
    client.get("/plain", headers={"traceparent": "rubbish"})
    assert [one.trace_id for one in ended] == [trace, ""]


@pytest.mark.parametrize("form", ["t={:.3f}", "{:.0f}"])
def test_the_wait_for_a_worker(client, figure, ended, form):
    began = time.time() - 2
    client.get("/plain", headers={"X-Request-Start": form.format(began if form[0] == "t" else began * 1000)})
    assert figure("tacho_request_queue_seconds") == 1
    assert 1.9e9 < ended[0].queue_ns < 10e9


@pytest.mark.parametrize("given", ["", "t=", "nan", "t=inf", "yesterday", "t=-5", "t=99999999999"])
def test_a_wait_that_says_nothing_sensible_is_left_out(client, figure, given):
    assert client.get("/plain", headers={"X-Request-Start": given}).status_code == 200
    assert figure("tacho_request_queue_seconds") == 0


def test_requests_in_progress_is_back_at_nothing(client, figure):
    client.get("/plain")
    client.get("/raises")
    assert figure("tacho_requests_in_progress") == 0
    assert figure("tacho_workers_busy") == 0
    response = client.get("/streamed")
    assert (figure("tacho_requests_in_progress"), figure("tacho_workers_busy")) == (1, 1)
    assert figure("tacho_workers") == 1
    response.close()
    assert figure("tacho_requests_in_progress") == 0


@pytest.fixture(params=["all async", "with a sync middleware"])
def stack(request, settings):
    """Django runs what stands outside of a sync middleware in a thread, the recorder too."""
    sync = ["whitenoise.middleware.WhiteNoiseMiddleware"] if "sync m" in request.param else []
    settings.MIDDLEWARE = [MIDDLEWARE, "django.middleware.common.CommonMiddleware", *sync]


pytestmark_async = pytest.mark.usefixtures("stack")


@pytestmark_async
async def test_async_views(ended):
    response = await AsyncClient().get("/async")
    (found,) = ended
    assert response.content.decode() == found.request_id
    assert found.cpu_ns == -1  # the thread serves others in between
    assert current() is None


@pytestmark_async
async def test_async_streams(ended):
    response = await AsyncClient().get("/async-streamed")
    assert ended == []
    assert b"".join([part async for part in response.streaming_content]) == b"12345" * 3
    assert [(one.status, one.response_bytes) for one in ended] == [("200", 15)]


@pytestmark_async
async def test_an_async_stream_that_is_hung_up_on_ends_once(ended):
    response = await AsyncClient().get("/async-streamed")
    stream = aiter(response.streaming_content)
    await anext(stream)
    await stream.aclose()
    response.close()
    assert [(one.status, one.response_bytes) for one in ended] == [("200", 5)]


@pytestmark_async
async def test_an_async_stream_that_nobody_reads_ends_when_it_is_closed(ended, figure):
    response = await AsyncClient().get("/async-streamed")
    response.close()
    assert [one.status for one in ended] == ["200"]
    assert figure("tacho_requests_in_progress") == 0


@pytestmark_async
async def test_a_cancelled_request_is_counted_once_as_499(ended, figure):
    task = asyncio.create_task(AsyncClient().get("/waits"))
    while not figure("tacho_requests_in_progress"):
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [(one.name, one.status) for one in ended] == [("GET /waits", "499")]
    assert figure("tacho_requests_in_progress") == 0


@pytestmark_async
async def test_interleaved_requests_do_not_see_each_other(ended):
    responses = await asyncio.gather(*(AsyncClient().get("/async") for _ in range(300)))
    assert len({response.content for response in responses}) == 300
    assert {response.headers["X-Request-ID"] for response in responses} == {one.request_id for one in ended}
