"""Settings of the service under test: the file that FAULT names holds the fault to inject, if there is any.

A fault hits the API's operations inside their record, as one in a view would.
"""

import os
import time
from pathlib import Path

from django.core.cache import cache
from django.db import connection
from django.http import JsonResponse

from config.settings.test import *  # noqa: F403
from config.settings.test import ALLOWED_HOSTS, MIDDLEWARE
from monitoring.budgets import budgets
from monitoring.record import current

FAULT = Path(os.environ["FAULT"])
SLOW_QUERY_S = 0.11
LOOKUPS = 20
# One request in so many has the fault, where all of them would break another budget as well.
SOME = 6


def faults(get_response):
    served = 0

    def middleware(request):
        nonlocal served
        response = get_response(request)
        if request.path.startswith("/api/") and FAULT.exists():
            served += 1
            return globals()[FAULT.read_text()](response, served)
        return response

    return middleware


def _budget():
    operation = current()
    return budgets().resolve(operation.name, operation.operation_class)


def latency(response, served):
    time.sleep(_budget().latency_p95_ms / 1000 * 1.1)
    return response


def errors(response, served):
    return JsonResponse({"error": {"code": "fault"}}, status=500) if served % 3 == 0 else response


def queries(response, served):
    with connection.cursor() as cursor:
        for number in range(_budget().queries_max + 5):
            cursor.execute(f"SELECT {number} AS number_{number}")
    return response


def cache_misses(response, served):
    for number in range(LOOKUPS):
        cache.get(f"nobody-set-{served}-{number}")
    return response


def slow_queries(response, served):
    allowed = _budget().slow_queries_max
    if allowed or served % SOME == 0:
        with connection.cursor() as cursor:
            for _ in range(allowed + 1):
                cursor.execute("SELECT pg_sleep(%s)", [SLOW_QUERY_S])
    return response


# The scenarios' client, played outside of a test session, calls this name.
ALLOWED_HOSTS = [*ALLOWED_HOSTS, "testserver"]
MIDDLEWARE = [*MIDDLEWARE, f"{__name__}.faults"]
