"""One URL table: the recorder's own paths, the API of each app, the admin."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("monitoring.urls")),
    path("", include("accounts.api.urls")),
    path("", include("geography.api.urls")),
    path("", include("communities.api.urls")),
    path("admin/", admin.site.urls),
]
