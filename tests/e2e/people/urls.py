from django.urls import include, path

from . import views

urlpatterns = [
    path("", include("monitoring.urls")),
    *(path(f"people/{view.__name__}", view) for view in (views.find, views.loop, views.fail)),
]
