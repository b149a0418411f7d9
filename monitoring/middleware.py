"""Requests: the outermost middleware, for WSGI and ASGI."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent import futures
from inspect import iscoroutinefunction
from time import perf_counter_ns
from typing import Any, cast

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils.decorators import sync_and_async_middleware

from . import faults, inflight, names, request_ids, server_timing, switch, totals
from .operations import begin, finish, leave, stop_clock
from .record import UNKNOWN_CPU, Operation, _current, current

CANCELLED = "499"  # what nginx logs for a client that went away
REQUEST_ID_HEADER = "X-Request-ID"
_REQUEST_ID_KEY = REQUEST_ID_HEADER.lower()

Respond = Callable[[HttpRequest], HttpResponseBase]
RespondAsync = Callable[[HttpRequest], Awaitable[HttpResponseBase]]


def _begin(request: HttpRequest) -> Operation:
    meta = request.META
    operation = Operation("", "request", "system", current())
    operation.request_id = request_ids.request_id(meta)
    operation.trace_id = request_ids.trace_id(meta)
    if (waited := request_ids.queue_seconds(meta)) is not None:
        operation.queue_ns = int(waited * 1e9)
        totals.observe_queue(waited)
    operation.transport = request.scheme or "http"
    begin(operation)
    inflight.enter()
    return operation


def _end(operation: Operation, request: HttpRequest, status: str) -> None:
    if operation.finished:
        return
    inflight.leave()
    named = names.name(request)
    operation.name, operation.operation_class, operation.view, is_async, operation.is_own = named
    if is_async:
        operation.cpu_ns = UNKNOWN_CPU  # it ran on the event loop, whose thread serves others in between
    finish(operation, status)


def _answer(operation: Operation, request: HttpRequest, response: HttpResponseBase) -> None:
    """The response is here: the operation ends now, or with the body of a stream."""
    # Past the check for what a header may hold, which a sane id has passed: it would cost as much as a query.
    response.headers._store[_REQUEST_ID_KEY] = (REQUEST_ID_HEADER, operation.request_id)  # noqa: SLF001
    operation.headers_ns = perf_counter_ns() - operation.start_ns
    server_timing.add(operation, request, response)
    if response.streaming:
        _follow(cast(StreamingHttpResponse, response), operation, request)
    else:
        operation.response_bytes = len(getattr(response, "content", b""))
        _end(operation, request, str(response.status_code))


def _follow(response: StreamingHttpResponse, operation: Operation, request: HttpRequest) -> None:
    """End the operation when the body is closed; what runs while it streams is the operation's."""
    body = response.streaming_content

    def closed() -> None:
        with faults.internal("request"):
            _end(operation, request, str(response.status_code))

    if response.is_async:
        response.streaming_content = _chunks_async(cast(AsyncIterator[bytes], body), operation, closed)
    elif getattr(response, "file_to_stream", None) is None:
        response.streaming_content = _chunks(cast(Iterator[bytes], body), operation)
    response._resource_closers.append(closed)  # type: ignore[attr-defined]  # noqa: SLF001


def _chunks(body: Iterator[bytes], operation: Operation) -> Iterator[bytes]:
    iterator = iter(body)
    while True:
        token = _current.set(operation)
        try:
            chunk = next(iterator)
        except StopIteration:
            return
        finally:
            leave(token, None)
        operation.response_bytes += len(chunk)
        yield chunk


async def _chunks_async(
    body: AsyncIterator[bytes], operation: Operation, closed: Callable[[], None]
) -> AsyncIterator[bytes]:
    """Hung up on, the generator is closed, but the response is not: the end is told here as well."""
    iterator = aiter(body)
    try:
        while True:
            token = _current.set(operation)
            try:
                chunk = await anext(iterator)
            except StopAsyncIteration:
                return
            finally:
                leave(token, None)
            operation.response_bytes += len(chunk)
            yield chunk
    finally:
        closed()


def _begun(request: HttpRequest) -> Operation | None:
    try:
        return _begin(request) if switch.refresh() else None
    except Exception as fault:  # noqa: BLE001  (the request is served, unrecorded)
        faults.caught(fault, "request")
        return None


@sync_and_async_middleware
def RecorderMiddleware(get_response: Respond | RespondAsync) -> Any:  # noqa: N802  (named as Django's are)
    """Record each request as an operation. Stands first in MIDDLEWARE."""
    if iscoroutinefunction(get_response):
        return _async_middleware(get_response)
    return _sync_middleware(cast(Respond, get_response))


def _sync_middleware(get_response: Respond) -> Respond:
    def middleware(request: HttpRequest) -> HttpResponseBase:
        operation = _begun(request)
        if operation is None:
            return get_response(request)
        token = _current.set(operation)
        try:
            response = get_response(request)
        except BaseException as error:
            _abort(operation, request, error)
            raise
        finally:
            leave(token, operation.parent)
        try:
            stop_clock(operation)
            _answer(operation, request, response)
        except Exception as fault:  # noqa: BLE001  (the response stands, whatever happened to its record)
            faults.caught(fault, "request")
        return response

    return middleware


def _async_middleware(get_response: RespondAsync) -> RespondAsync:
    async def middleware(request: HttpRequest) -> HttpResponseBase:
        operation = _begun(request)
        if operation is None:
            return await get_response(request)
        operation.cpu_ns = UNKNOWN_CPU
        token = _current.set(operation)
        try:
            response = await get_response(request)
        except BaseException as error:
            _abort(operation, request, error)
            raise
        finally:
            leave(token, operation.parent)
        try:
            _answer(operation, request, response)
        except Exception as fault:  # noqa: BLE001
            faults.caught(fault, "request")
        return response

    return middleware


def _abort(operation: Operation, request: HttpRequest, error: BaseException) -> None:
    """No response will come. Django answers exceptions itself; what arrives here cancels the request, or
    ends the worker (SystemExit, a timeout)."""
    is_cancelled = isinstance(error, asyncio.CancelledError | futures.CancelledError)
    with faults.internal("request"):
        _end(operation, request, CANCELLED if is_cancelled else "500")
