from django.test import Client

from monitoring.scenarios import scenario
from shelf.models import Author, Book
from shelf.views import restock


def client_for(role):
    return Client(headers={"x-role": role})


def seed(n):
    authors = Author.objects.bulk_create(Author(name=f"author {i}") for i in range(n))
    return Book.objects.bulk_create(Book(title=f"book {i}", author=authors[i]) for i in range(n))


@scenario("GET /books", seed=seed)
def list_books(client, world):
    return client.get("/books")


@scenario("GET /books/{pk}", seed=seed, role="reader")
def show_book(client, world):
    return client.get(f"/books/{world[0].pk}")


@scenario("POST /books/new", seed=seed)
def add_book(client, world):
    return client.post("/books/new")


@scenario("GET /shelves", seed=seed)
def count_books(client, world):
    return client.get("/shelves")


@scenario("shelf.restock", seed=seed)
def restock_books(client, world):
    restock()
