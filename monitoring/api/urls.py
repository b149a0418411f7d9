"""The system API; include it at the root. A slash at the end is optional."""

from django.urls import re_path

from . import gate_runs, metrics, slow_queries

urlpatterns = [
    re_path(r"^api/system/slow-queries/?$", slow_queries.SlowQueriesView.as_view(), name="slow-queries"),
    re_path(
        r"^api/system/slow-queries/(?P<fingerprint>[0-9a-f]{16})/?$",
        slow_queries.SlowQueryView.as_view(),
        name="slow-query",
    ),
    re_path(r"^api/system/slow-queries/reset/?$", slow_queries.ResetView.as_view(), name="slow-reset"),
    re_path(r"^api/system/slow-queries/reset/undo/?$", slow_queries.UndoView.as_view(), name="slow-undo"),
    re_path(r"^api/system/gate-runs/?$", gate_runs.GateRunsView.as_view(), name="gate-runs"),
    re_path(r"^api/metrics/?$", metrics.MetricsView.as_view(), name="api-metrics"),
    re_path(r"^api/metrics/database/?$", metrics.DatabaseView.as_view(), name="api-metrics-database"),
    re_path(r"^api/metrics/cache/?$", metrics.CacheView.as_view(), name="api-metrics-cache"),
    re_path(r"^api/metrics/thresholds/?$", metrics.ThresholdsView.as_view(), name="api-metrics-thresholds"),
    re_path(r"^api/cache/stats/?$", metrics.CacheStatsView.as_view(), name="api-cache-stats"),
]
