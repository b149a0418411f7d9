from django.urls import include, path

from . import cache_views, repeat_views, sql_views, work_views
from .endpoints import CLEAN, PLANTED, SQL

urlpatterns = [
    path("", include("monitoring.urls")),
    path("work", work_views.work),
    path("slow", work_views.slow),
    path("cache/<alias>/async/<name>", cache_views.async_case),
    path("cache/<alias>/sync/<name>", cache_views.sync_case),
    path("cache/<alias>/mixture/<int:seed>", cache_views.mixture),
    *(path(f"sql/{name}", getattr(sql_views, name)) for name in SQL),
    *(path(f"repeat/{name}", getattr(repeat_views, name)) for name in (*PLANTED, *CLEAN)),
]
