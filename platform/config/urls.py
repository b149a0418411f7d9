"""One URL table: the recorder's own paths, the API of each app, the console, the admin."""

from django.apps import apps
from django.contrib import admin
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.permissions import AllowAny


class SchemaView(SpectacularAPIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)
    operation_class = "system"


class DocsView(SpectacularSwaggerView):
    authentication_classes = ()
    permission_classes = (AllowAny,)
    operation_class = "system"


urlpatterns = [
    path("", include("monitoring.urls")),
    path("", include("monitoring.api.urls")),
    path("", include("accounts.api.urls")),
    path("", include("geography.api.urls")),
    path("", include("communities.api.urls")),
    re_path(r"^api/schema/?$", SchemaView.as_view(), name="schema"),
    re_path(r"^api/docs/?$", DocsView.as_view(url_name="schema"), name="docs"),
    path("console/", include("monitoring.console.urls")),
    path("silk/", include("silk.urls", namespace="silk")),
    path("admin/", admin.site.urls),
]

if apps.is_installed("debug_toolbar"):
    # A developer's machine only: the toolbar looks its own addresses up in every request.
    from debug_toolbar.toolbar import debug_toolbar_urls

    urlpatterns += debug_toolbar_urls()
