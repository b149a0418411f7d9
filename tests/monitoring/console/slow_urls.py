"""The platform, and an endpoint whose query is slow."""

from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.urls import path

from config.urls import urlpatterns as platform


def slow_list(request: HttpRequest) -> JsonResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, name FROM slow_thing, pg_sleep(0.12) WHERE name = %s", ["x1"])
        return JsonResponse({"data": cursor.fetchall()})


slow_list.operation_class = "list"
urlpatterns = [path("api/slow-things", slow_list), *platform]
