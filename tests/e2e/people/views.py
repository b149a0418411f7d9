from django.http import JsonResponse

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
