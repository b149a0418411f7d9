"""One view a case; what each does is known, so that a tool can be held to it."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from django.core.cache import caches
from django.db import DatabaseError, connection, connections, transaction
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from psycopg import sql
from rest_framework import generics, serializers

from tests.conformance.tools import SECRET

from .models import Book, Shelf

BOOKS = 8


def done(_=None):
    return HttpResponse("done")


def books():
    return list(Book.objects.order_by("pk")[:BOOKS])


# Queries


async def async_orm(request):
    return done(await Shelf.objects.acount())


def one(request):
    return done(Shelf.objects.count())


def reconnecting(request):
    Shelf.objects.count()
    connection.close()
    return done(Shelf.objects.count())


def pooled(request):
    return done(Shelf.objects.using("pooled").count())


def two_databases(request):
    return done((Shelf.objects.count(), Shelf.objects.using("other").count()))


def savepoint(request):
    with transaction.atomic(), transaction.atomic():
        Shelf.objects.count()
    return done()


def set_config(request):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.tenant', %s, true)", ["7"])
        Shelf.objects.count()
    return done()


def executemany(request):
    with connection.cursor() as cursor:
        cursor.executemany("UPDATE service_shelf SET name = name WHERE id = %s", [(1,), (2,), (3,)])
    return done()


def server_side_cursor(request):
    with transaction.atomic():
        return done(list(Shelf.objects.iterator(chunk_size=2)))


def failing(request):
    with suppress(DatabaseError), connection.cursor() as cursor:
        cursor.execute("SELECT 1 / %s", [0])
    return done()


def raw_and_composed(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.execute(sql.SQL("SELECT {}").format(sql.Literal(2)))
    return done()


def rows(request):
    return done(list(Book.objects.all()[:7]))


def two_transactions(request):
    """Of the second, which sends nothing, PostgreSQL never hears."""
    with transaction.atomic():
        Shelf.objects.count()
    with transaction.atomic():
        pass
    return done()


def slow(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.12)")
    return done()


def equal(request):
    for _ in range(BOOKS):
        Shelf.objects.get(pk=1)
    return done()


def secret(request):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM service_shelf WHERE name = '{SECRET}' AND pg_sleep(0.12) IS NULL")
    return done()


def in_a_pool(request):
    with ThreadPoolExecutor(1) as pool:
        pool.submit(count_in_thread).result()
    return done()


def carried(request):
    from monitoring import carry

    with ThreadPoolExecutor(1) as pool:
        pool.submit(carry(count_in_thread)).result()
    return done()


def count_in_thread():
    try:
        return Shelf.objects.count()
    finally:
        connections.close_all()


def copy(request):
    with connection.cursor() as cursor, cursor.copy("COPY service_shelf TO STDOUT") as data:
        return done(list(data))


def callproc(request):
    with connection.cursor() as cursor:
        cursor.callproc("pg_backend_pid")
    return done()


def psycopg_itself(request):
    connection.ensure_connection()
    connection.connection.execute("SELECT 3")
    return done()


# N+1: a view that has one keeps it in a function or line of its own name


def attribute(request):
    for book in books():
        str(book.shelf)
    return done()


def exists(request):
    for number in range(BOOKS):
        Book.objects.filter(shelf_id=number).exists()
    return done()


def save(request):
    for book in books():
        book.save()
    return done()


def cursor(request):
    with connection.cursor() as cursor:
        for number in range(BOOKS):
            cursor.execute("SELECT title FROM service_book WHERE id = %s", [number])
    return done()


def literals(request):
    with connection.cursor() as cursor:
        for number in range(BOOKS):
            cursor.execute(f"SELECT title FROM service_book WHERE id = {number}")
    return done()


def template(request):
    return render(request, "books.html", {"books": books()})


class BookSerializer(serializers.Serializer):
    shelf = serializers.CharField(source="shelf.name")


class SerializerView(generics.ListAPIView):
    queryset = Book.objects.order_by("pk")[:BOOKS]
    serializer_class = BookSerializer


def two_places(request):
    for number in range(1, 4):
        Shelf.objects.get(pk=number)
    for number in range(4, 7):
        Shelf.objects.get(pk=number)
    return done()


def chunks(request):
    with suppress(ZeroDivisionError), transaction.atomic():
        Book.objects.bulk_create([Book(shelf_id=1, title=str(n)) for n in range(2 * BOOKS)], batch_size=2)
        raise ZeroDivisionError
    return done()


def prefetched(request):
    return done(list(Book.objects.prefetch_related("shelf").iterator(chunk_size=5)))


# The cache


def cache(request):
    """`?do=` names what is done to a cache that holds `there`, `none` and `number`."""
    found = caches["default"]
    found.clear()
    found.set("there", 1)
    found.set("none", None)
    found.set("number", 1)
    CACHE[request.GET["do"]](found)
    return done()


CACHE = {
    "hit": lambda c: c.get("there"),
    "miss": lambda c: c.get("absent"),
    "none": lambda c: c.get("none"),
    "many": lambda c: c.get_many(["there", "none", "absent"]),
    "cold": lambda c: c.get_or_set("absent", 1),
    "warm": lambda c: c.get_or_set("there", 1),
    "version": lambda c: c.get("there", version=7),
    "in": lambda c: "absent" in c,
    "touch": lambda c: c.touch("absent"),
}


async def async_get(request):
    return done(await caches["default"].aget("number"))


def broken_cache(request):
    return done(caches["broken"].get("anything"))


# Requests


def item(request, pk):
    return done()


def unhandled(request):
    raise RuntimeError("planted")


def stream(request):
    def body():
        time.sleep(0.3)
        yield str(Shelf.objects.count())

    return StreamingHttpResponse(body())


async def hanging(request):
    """The driver's event says that it is running."""
    request.scope["running"].set()
    await asyncio.sleep(60)


async def async_stream(request):
    async def body():
        await asyncio.sleep(0.3)
        yield str(await Shelf.objects.acount())

    return StreamingHttpResponse(body())


def file(request):
    return FileResponse(Path(__file__).open("rb"))
