"""N+1s, each planted on a line marked with its name, and what looks like one and is none."""

from contextlib import suppress

from django.db import connection, transaction
from django.http import HttpResponse
from django.shortcuts import render
from rest_framework import generics, serializers

from monitoring import operation

from .models import Book, Shelf

RUNS = 8
# Read before each loop, so that the loop's queries are the planted ones alone.
IDS = range(1, RUNS + 1)


class UndoError(Exception):
    """Rolls a transaction back."""


def undone(view):
    """The view within a transaction that is rolled back."""

    def wrapped(request):
        with suppress(UndoError), transaction.atomic():
            view(request)
            raise UndoError
        return HttpResponse("done")

    return wrapped


def some_books():
    return list(Book.objects.order_by("pk")[:RUNS])


@undone
def attribute(request):
    for book in some_books():
        str(book.shelf)  # N+1: attribute


@undone
def exists(request):
    for number in IDS:
        Book.objects.filter(shelf_id=number, pages__gt=5).exists()  # N+1: exists


@undone
def save(request):
    for book in some_books():
        book.save()  # N+1: save


@undone
def create(request):
    for number in IDS:
        Shelf.objects.create(name=f"new {number}")  # N+1: create


@undone
def delete(request):
    for number in IDS:
        Book.objects.filter(pk=number).delete()  # N+1: delete


@undone
def cursor(request):
    with connection.cursor() as cursor:
        for number in IDS:
            cursor.execute("SELECT title FROM sample_book WHERE id = %s", [number])  # N+1: cursor


@undone
def literals(request):
    """The values stand in the SQL itself: no two statements are the same text."""
    with connection.cursor() as cursor:
        for number in IDS:
            cursor.execute(f"SELECT title FROM sample_book WHERE id = {number}")  # N+1: literals


@undone
def helper(request):
    """The innermost line of the application is in another function."""
    for number in IDS:
        pages_of(number)


def pages_of(number):
    return Book.objects.values_list("pages", flat=True).get(pk=number)  # N+1: helper


@undone
def nested(request):
    with operation("sample.nested", operation_class="report"):
        for number in IDS:
            Shelf.objects.get(pk=number)  # N+1: nested


@undone
def six(request):
    for number in range(1, 7):
        Shelf.objects.get(pk=number)  # N+1: six


def template(request):
    return render(request, "books.html", {"books": some_books()})


class MethodSerializer(serializers.Serializer):
    shelf = serializers.SerializerMethodField()

    def get_shelf(self, book):
        return book.shelf.name  # N+1: method_field


class MethodFieldView(generics.ListAPIView):
    queryset = Book.objects.order_by("pk")[:RUNS]
    serializer_class = MethodSerializer


method_field = MethodFieldView.as_view()


class SourceSerializer(serializers.Serializer):  # N+1: source_field
    title = serializers.CharField()
    shelf = serializers.CharField(source="shelf.name")


class SourceFieldView(generics.ListAPIView):
    queryset = Book.objects.order_by("pk")[:RUNS]
    serializer_class = SourceSerializer


source_field = SourceFieldView.as_view()


# None of the following is an N+1.


@undone
def two_places(request):
    for number in range(1, 4):
        Shelf.objects.get(pk=number)
    for number in range(4, 7):
        Shelf.objects.get(pk=number)


@undone
def five(request):
    for number in range(1, 6):
        Shelf.objects.get(pk=number)


@undone
def equal(request):
    """The same question again and again: duplicates."""
    for _ in IDS:
        Shelf.objects.get(pk=1)


@undone
def bulk_create(request):
    Book.objects.bulk_create([Book(shelf_id=1, title=str(n)) for n in range(2 * RUNS)], batch_size=2)


@undone
def bulk_update(request):
    books = list(Book.objects.order_by("pk")[: 2 * RUNS])
    Book.objects.bulk_update(books, ["pages"], batch_size=2)


@undone
def prefetch(request):
    list(Book.objects.prefetch_related("shelf").iterator(chunk_size=7))


@undone
def bulk_delete(request):
    """More rows than Django collects at once: the rows that hang on them are deleted in chunks."""
    Shelf.objects.bulk_create(Shelf(name=f"doomed {n}") for n in range(700))
    Shelf.objects.filter(name__startswith="doomed").delete()
