from django.urls import include, path

from . import repeat_views, sql_views, work_views
from .endpoints import CLEAN, PLANTED, SQL

urlpatterns = [
    path("", include("monitoring.urls")),
    path("work", work_views.work),
    path("slow", work_views.slow),
    *(path(f"sql/{name}", getattr(sql_views, name)) for name in SQL),
    *(path(f"repeat/{name}", getattr(repeat_views, name)) for name in (*PLANTED, *CLEAN)),
]
