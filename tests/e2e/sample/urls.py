from django.urls import include, path

from . import async_views, cache_views, repeat_views, sql_views, work_views
from .endpoints import ASGI, CLEAN, EXACTLY, PLANTED, SQL

urlpatterns = [
    path("", include("monitoring.urls")),
    path("ping", work_views.ping),
    path("work", work_views.work),
    path("slow", work_views.slow),
    path("cache/<alias>/async/<name>", cache_views.async_case),
    path("cache/<alias>/sync/<name>", cache_views.sync_case),
    path("cache/<alias>/mixture/<int:seed>", cache_views.mixture),
    *(path(f"asgi/{name}", getattr(async_views, name)) for name in ASGI),
    *(path(f"asgi/sync/{asked[0]}-{asked[1]}", async_views.exactly_sync(*asked)) for asked in EXACTLY),
    *(path(f"asgi/async/{asked[0]}-{asked[1]}", async_views.exactly_async(*asked)) for asked in EXACTLY),
    *(path(f"sql/{name}", getattr(sql_views, name)) for name in SQL),
    *(path(f"repeat/{name}", getattr(repeat_views, name)) for name in (*PLANTED, *CLEAN)),
]
