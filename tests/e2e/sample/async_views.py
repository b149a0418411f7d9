"""What an ASGI server serves: sync and async views, streams, events, and clients that go away."""

import asyncio
import time

from django.core.cache import cache
from django.http import HttpResponse, JsonResponse, StreamingHttpResponse

from monitoring.record import current

from .models import Book, Shelf


def _cost():
    """What the record says of the request so far, told to its client."""
    operation = current()
    return JsonResponse({"queries": operation.queries, "cache": sum(operation.cache.values())})


def exactly_sync(queries, calls):
    """A view that asks `queries` of the database and `calls` of the cache, taking turns."""

    def view(request):
        for number in range(max(queries, calls)):
            if number < queries:
                Book.objects.values_list("pages", flat=True).get(pk=number + 1)
            if number < calls:
                cache.get(f"missing-{number}")
        return _cost()

    return view


def exactly_async(queries, calls):
    """The same, with waits in which other requests run."""

    async def view(request):
        for number in range(max(queries, calls)):
            await asyncio.sleep(number % 3 / 1000)
            if number < queries:
                await Book.objects.values_list("pages", flat=True).aget(pk=number + 1)
            if number < calls:
                await cache.aget(f"missing-{number}")
        return _cost()

    return view


async def gathered(request):
    """Six queries at once, from tasks that the view started."""
    await asyncio.gather(*(Shelf.objects.aget(pk=number) for number in range(1, 7)))
    return _cost()


async def repeated(request):
    for number in range(1, 9):
        await Shelf.objects.aget(pk=number)  # N+1: repeated
    return _cost()


async def two_places(request):
    for number in range(1, 4):
        await Shelf.objects.aget(pk=number)
    for number in range(4, 7):
        await Shelf.objects.aget(pk=number)
    return _cost()


def sync_stream(request):
    def body():
        for number in range(1, 4):
            time.sleep(0.1)
            yield Shelf.objects.get(pk=number).name

    return StreamingHttpResponse(body())


async def async_stream(request):
    async def body():
        for number in range(1, 4):
            await asyncio.sleep(0.1)
            yield (await Shelf.objects.aget(pk=number)).name

    return StreamingHttpResponse(body())


async def failing_stream(request):
    async def body():
        yield (await Shelf.objects.aget(pk=1)).name
        raise RuntimeError("planted")

    return StreamingHttpResponse(body())


async def events(request):
    """Server-sent events, until the client goes away: two queries each."""

    async def body():
        while True:
            pages = await Book.objects.filter(pk=1).acount() + await Book.objects.filter(pk=2).acount()
            yield f"data: {pages}\n\n"
            await asyncio.sleep(0.05)

    return StreamingHttpResponse(body(), content_type="text/event-stream")


async def async_wait(request):
    await Book.objects.acount()
    await asyncio.sleep(30)
    return HttpResponse("done")


def sync_wait(request):
    """A thread cannot be stopped: it asks again when its client is gone."""
    Book.objects.count()
    time.sleep(0.7)
    Book.objects.count()
    return HttpResponse("done")


async def async_failure(request):
    await Book.objects.acount()
    raise RuntimeError("planted")


def sync_failure(request):
    Book.objects.count()
    raise RuntimeError("planted")
