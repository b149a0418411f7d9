import json
from contextlib import suppress

from django.core.cache import cache
from django.core.exceptions import SuspiciousOperation
from django.db import DatabaseError, connection
from django.http import JsonResponse
from django.views.decorators.csrf import csrf_exempt
from psycopg import sql

from .models import Person, Visitor


class NoSuchPersonError(Exception):
    """Says who is not there: what a message must not carry to others."""


def find(request):
    """By an address that has no index."""
    people = Person.objects.filter(email=request.GET["email"])
    found = [person.name for person in people]  # planted: the sequential scan
    return JsonResponse({"people": found})


def loop(request):
    """An N+1: one look for each name."""
    found = [Visitor.objects.filter(name=name).exists() for name in request.GET.getlist("name")]
    return JsonResponse({"found": found})


def fail(request):
    wanted = request.GET["email"]
    try:
        raise LookupError(f"{wanted} is not in the list")
    except LookupError as error:
        raise NoSuchPersonError(f"{wanted} with {request.headers.get('X-Token')}") from error


@csrf_exempt
def take(request):
    """Lets each value of the body go wherever an application lets values go."""
    values = json.loads(request.body)["values"]
    for value in values:
        Visitor.objects.filter(name=value).exists()
    _with_sql(values)
    _with_the_cache(values)
    return JsonResponse({"taken": len(values)})


def _with_sql(values):
    """Parameters, lists, and every way to write a literal into SQL."""
    list(Person.objects.filter(name__in=values))
    list(Visitor.objects.raw("SELECT * FROM people_visitor WHERE name = ANY(%s)", [values]))
    with connection.cursor() as cursor:
        some = [(value,) for value in values[:10]]
        cursor.executemany("UPDATE people_visitor SET name = %s WHERE id = 0", some)
        for number, value in enumerate(values):
            ways = _written(value)
            with suppress(DatabaseError):
                cursor.execute(ways[number % len(ways)])


def _written(value):
    """SQL with the value in it: some of it fails, and PostgreSQL's message quotes the value."""
    literal = sql.Literal(value).as_string(connection.connection)
    doubled = value.replace("'", "''")
    escaped = doubled.replace("\\", "\\\\")
    plain = value.translate({ord(odd): None for odd in "*/\n"})
    find = "SELECT id FROM people_visitor WHERE name"
    return (
        f"{find} = {literal} /* {plain} */",
        f"{find} IN ({literal}, '{doubled}') -- {plain}",
        f"SELECT $body${value}$body$, E'{escaped}'",
        f"{find} = '{doubled}",  # never closed
        f"SELECT {literal}::integer",
        f"{find} = {literal} AND {'x' * 30_000} = 1",  # cut
    )


def _with_the_cache(values):
    for value in values:
        cache.set(f"person:{value}", value, 60)
    cache.get_many([f"person:{value}" for value in values])
    cache.delete_many([f"person:{value}" for value in values])


def twice(request):
    """Breaks a constraint: PostgreSQL's own message tells the value."""
    Visitor.objects.create(name=request.GET["name"])
    Visitor.objects.create(name=request.GET["name"])


def by_name(request, name):
    """A value in the path, and in a warning of Django's."""
    raise SuspiciousOperation(f"{name} is up to something")
