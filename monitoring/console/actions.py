"""What people do in the console: each a POST with its token, checked and audited by `monitoring.actions`."""

from django.http import HttpResponse


def act(request, verb):
    return HttpResponse(verb)
