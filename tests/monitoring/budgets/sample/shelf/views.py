"""Views that are well-behaved, until settings.FAULTS names some of their vices."""

from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.http import JsonResponse
from django.views.decorators.http import require_POST

from monitoring import operation

from .models import Author, Book


def list_books(request):
    books = (
        Book.objects.order_by("pk")
        if "nplusone" in settings.FAULTS
        else Book.objects.select_related("author")
    )
    if "extra query" in settings.FAULTS:
        Author.objects.filter(name__startswith="a").exists()
    if "duplicates" in settings.FAULTS:
        Author.objects.count(), Author.objects.count()
    if "cache growth" in settings.FAULTS:
        for book in books:
            cache.get(f"book:{book.pk}")
    return JsonResponse({"data": [{"title": book.title, "by": book.author.name} for book in books]})


def show_book(request, pk):
    book = Book.objects.get(pk=pk)
    return JsonResponse({"title": book.title})


@require_POST
def add_book(request):
    if "block without a scenario" in settings.FAULTS:
        with operation("shelf.count", operation_class="sync"):
            pass
    with transaction.atomic():
        author, _ = Author.objects.get_or_create(name="new")
        Book.objects.create(title="new", author=author)
    return JsonResponse({}, status=500 if "broken" in settings.FAULTS else 201)


def count_books(request):
    """A report that is cached."""
    total = cache.get("total")
    if total is None or "cold" in settings.FAULTS:
        total = Book.objects.count()
        cache.set("total", total) if "cold" not in settings.FAULTS else cache.delete("total")
    return JsonResponse({"total": total})


count_books.operation_class = "report"


def restock():
    """A block that works in chunks of ten."""
    with operation("shelf.restock", operation_class="sync"), connection.cursor() as cursor:
        for start in range(0, Book.objects.count(), 10):
            cursor.execute("UPDATE shelf_book SET title = title WHERE id %% 10 = %s", [start])
