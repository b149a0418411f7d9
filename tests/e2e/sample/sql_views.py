"""Every way in which an application's SQL reaches PostgreSQL through Django. What is written is undone."""

from contextlib import suppress

from django.db import DataError, ProgrammingError, connection, transaction
from django.http import HttpResponse, StreamingHttpResponse
from psycopg import sql

from .endpoints import MANY
from .models import Book, Shelf


class UndoError(Exception):
    """Rolls a transaction back."""


def _done(_=None):
    return HttpResponse("done")


def plain(request):
    return _done([Book.objects.count(), list(Book.objects.select_related("shelf")[:5])])


def savepoints(request):
    """A transaction with one savepoint released, one rolled back, all of it undone."""
    with suppress(UndoError), transaction.atomic():
        with transaction.atomic():
            Shelf.objects.create(name="kept")
        with suppress(UndoError), transaction.atomic():
            Shelf.objects.create(name="dropped")
            raise UndoError
        raise UndoError
    return _done()


def committed(request):
    """Two transactions, of which the second sends nothing: PostgreSQL never hears of it."""
    with transaction.atomic():
        Book.objects.filter(pk=1).update(pages=1)
        list(Book.objects.filter(pk=1).select_for_update())
    with transaction.atomic():
        pass
    return _done()


def executemany(request):
    """One query to us; as many statements to PostgreSQL as there are parameters."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE sample_book SET pages = pages WHERE id = %s /* many */",
            [(n,) for n in range(1, MANY + 1)],
        )
    return _done()


def iterator(request):
    """Server-side cursors, outside and inside of a transaction: DECLARE is a query, FETCH and CLOSE none."""
    list(Book.objects.iterator(chunk_size=20))
    with transaction.atomic():
        list(Book.objects.prefetch_related("shelf").iterator(chunk_size=30))
    return _done()


def abandoned_iterator(request):
    """A server-side cursor that is left after the first row."""
    for _ in Book.objects.iterator(chunk_size=2):
        break
    return _done()


def failing(request):
    """Failing at execution, failing to parse, and failing inside a savepoint."""
    with connection.cursor() as cursor, suppress(DataError):
        cursor.execute("SELECT 1 / %s", [0])
    with connection.cursor() as cursor, suppress(ProgrammingError):
        cursor.execute("SELEKT nothing")
    with suppress(UndoError), transaction.atomic():
        with suppress(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM no_such_table")
        raise UndoError
    return _done()


def unhandled(request):
    """An exception that leaves the view from within a transaction."""
    with transaction.atomic():
        Book.objects.filter(pk=2).update(pages=2)
        raise RuntimeError("planted")


def raw(request):
    list(Book.objects.raw("SELECT * FROM sample_book WHERE pages >= %s LIMIT 3", [0]))
    with connection.cursor() as cursor:
        cursor.execute("SELECT title FROM sample_book WHERE title = 'semi;colon -- 100%%' OR id = %s", [3])
        cursor.fetchall()
        cursor.execute(b"SELECT 2 + 2")
    return _done()


def composed(request):
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT {} FROM {} WHERE id = {}").format(
            sql.Identifier("title"), sql.Identifier("sample_book"), sql.Literal(4)
        ))  # fmt: skip
        cursor.fetchall()
    return _done()


def bulk(request):
    """Chunks of one bulk_create, a bulk_update and an in_bulk, all undone."""
    with suppress(UndoError), transaction.atomic():
        made = Book.objects.bulk_create([Book(shelf_id=1, title=str(n)) for n in range(25)], batch_size=10)
        Book.objects.bulk_update(made, ["pages"], batch_size=10)
        Book.objects.in_bulk([book.pk for book in made])
        raise UndoError
    return _done()


def set_config(request):
    """What tenancy sends in each transaction: plumbing."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.tenant', %s, true)", ["7"])
        cursor.execute("SET LOCAL statement_timeout = 5000")
        Book.objects.count()
    return _done()


def stream(request):
    """Queries that run after the view returned, while the body is sent."""

    def body():
        for shelf in Shelf.objects.all()[:3]:
            yield f"{shelf.name}: {shelf.books.count()}\n"

    return StreamingHttpResponse(body())


def blind(request):
    """What goes round the wrapper: COPY, a procedure called by name, psycopg's own cursor."""
    with connection.cursor() as cursor:
        with cursor.copy("COPY sample_shelf TO STDOUT") as copy:
            list(copy)
        cursor.callproc("pg_backend_pid")
    connection.connection.execute("SELECT 3 /* raw psycopg */")
    return _done()
