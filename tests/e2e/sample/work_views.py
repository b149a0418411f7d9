"""Small endpoints for many requests."""

import os
import time

from django.core.cache import cache
from django.http import HttpResponse, JsonResponse

from .models import Book


def ping(request):
    return JsonResponse({"pid": os.getpid()})


def work(request):
    """One query, one cache look-up that hits or misses."""
    cache.get("warm")
    return JsonResponse({"pages": Book.objects.values_list("pages", flat=True).get(pk=1), "pid": os.getpid()})


def slow(request):
    """Holds a thread for `ms` milliseconds: something to be in flight."""
    time.sleep(int(request.GET["ms"]) / 1000)
    return HttpResponse(str(os.getpid()))
