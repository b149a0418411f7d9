from django.urls import include, path

from . import views

urlpatterns = [
    path("", include("monitoring.urls")),
    path("people/find", views.find),
]
