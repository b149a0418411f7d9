from django.urls import include, path

from . import views

VIEWS = (views.find, views.loop, views.fail, views.take, views.twice)

urlpatterns = [
    path("", include("monitoring.urls")),
    path("people/by-name/<name>", views.by_name),
    *(path(f"people/{view.__name__}", view) for view in VIEWS),
]
