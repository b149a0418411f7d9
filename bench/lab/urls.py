from django.conf import settings
from django.urls import include, path

from . import views

urlpatterns = [
    path("empty", views.empty),
    path("cached", views.cached),
    path("list", views.ListView.as_view()),
    path("n1", views.NPlusOneView.as_view()),
]
if "silk" in settings.INSTALLED_APPS:
    urlpatterns.append(path("silk/", include("silk.urls", namespace="silk")))
