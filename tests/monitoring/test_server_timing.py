"""Server-Timing for staff, and for nobody else."""

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.http import HttpResponse
from django.urls import path


def view(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    _ = request.user.is_authenticated
    return HttpResponse(headers={"Server-Timing": "mine;dur=1"} if "own" in request.GET else None)


def anonymous(request):
    return HttpResponse()


urlpatterns = [path("view", view), path("unlooked", anonymous)]
pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]


def login(client, **kwargs):
    user = get_user_model().objects.create_user(username="somebody", password="x", **kwargs)
    client.force_login(user)


def test_staff_see_what_it_cost(client):
    login(client, is_staff=True)
    timing = client.get("/view").headers["Server-Timing"]
    assert timing.startswith("total;dur=")
    assert 'desc="' in timing
    assert "queries" in timing


def test_others_do_not(client):
    assert "Server-Timing" not in client.get("/view").headers
    login(client)
    assert "Server-Timing" not in client.get("/view").headers


def test_an_entry_of_the_project_stays(client):
    login(client, is_staff=True)
    assert client.get("/view?own").headers["Server-Timing"].startswith("mine;dur=1, total;dur=")


def test_nobody_is_looked_up_for_it(client, ended):
    login(client, is_staff=True)
    ended.clear()
    assert "Server-Timing" not in client.get("/unlooked").headers
    assert ended[0].queries == 0
