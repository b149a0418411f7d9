"""The recorder's own paths; include them at the root."""

from django.urls import re_path

from .health import healthz, readyz
from .metrics_view import metrics

urlpatterns = [
    re_path(r"^metrics/?$", metrics, name="tachograph-metrics"),
    re_path(r"^healthz/?$", healthz, name="tachograph-healthz"),
    re_path(r"^readyz/?$", readyz, name="tachograph-readyz"),
]
