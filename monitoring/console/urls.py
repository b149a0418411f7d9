"""The console's addresses: path("console/", include("monitoring.console.urls"))."""

from django.urls import path

from . import actions, database, endpoints, health, overview, queries
from .access import guarded
from .registry import registered

app_name = "tachograph-console"
urlpatterns = [
    path("", overview.overview, name="overview"),
    path("endpoints/", endpoints.endpoints, name="endpoints"),
    path("endpoints/<int:operation_id>/", endpoints.endpoint, name="endpoint"),
    path("queries/", queries.queries, name="queries"),
    path("queries/<slug:fingerprint>/", queries.query, name="query"),
    path("queries/<slug:fingerprint>/sql", queries.statement, name="statement"),
    path("nplusone/", queries.nplusone, name="nplusone"),
    path("cache/", health.cache, name="cache"),
    path("database/", database.database, name="database"),
    path("budgets/", health.budgets, name="budgets"),
    path("recorder/", health.recorder_page, name="recorder"),
    path("actions/<slug:verb>", actions.act, name="act"),
    *(path(f"{entry.name}/", guarded(entry.view), name=entry.name) for entry in registered()),  # type: ignore[arg-type]
]
