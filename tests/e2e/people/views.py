from django.http import JsonResponse

from .models import Person


def find(request):
    """By an address that has no index."""
    people = Person.objects.filter(email=request.GET["email"])
    found = [person.name for person in people]  # planted: the sequential scan
    return JsonResponse({"people": found})
