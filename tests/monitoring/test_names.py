"""The operation's name and class."""

import pytest
from django.contrib import admin
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import include, path, re_path
from django.views import View
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.views import APIView
from rest_framework.viewsets import ModelViewSet

from monitoring.names import MAX_KNOWN, name, template


class Cadets(ModelViewSet):
    pass


class Listed(ListAPIView):
    pass


class Retrieved(RetrieveAPIView):
    pass


class Declared(APIView):
    operation_class = "report"


class Plain(View):
    pass


def function(request):
    return HttpResponse()


def declared_function(request):
    return HttpResponse()


declared_function.operation_class = "sync"

urlpatterns = [
    re_path(r"^api/cadets/?$", Cadets.as_view({"get": "list", "post": "create"})),
    re_path(r"^api/cadets/(?P<id>[0-9]+)/?$", Cadets.as_view({"get": "retrieve", "patch": "partial_update"})),
    re_path(r"^api/listed/?$", Listed.as_view()),
    re_path(r"^api/retrieved/(?P<psgc_code>[0-9]{10})/?$", Retrieved.as_view()),
    re_path(r"^api/report/?$", Declared.as_view()),
    path("plain/<int:year>/<slug>/", Plain.as_view()),
    path("function", function, name="a-function"),
    path("declared", declared_function),
    path("", include([path("nested/<uuid:id>", function)])),
    path("admin/", admin.site.urls),
]


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        (r"^api/cadets/?$", "/api/cadets"),
        (r"^api/cadets/(?P<id>[0-9]+)/?$", "/api/cadets/{id}"),
        (r"^a/(?P<x>(?:1|2))/([0-9]+)/d$", "/a/{x}/{var}/d"),
        ("api/items/<int:pk>/", "/api/items/{pk}"),
        ("api/items/<slug>", "/api/items/{slug}"),
        ("", "/"),
    ],
)
def test_template(route, expected):
    if route == "api/items/<int:pk>/":
        expected += "/"  # a slash that the route demands stays
    assert template(route) == expected


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(
    ("method", "path", "operation", "operation_class"),
    [
        ("GET", "/api/cadets", "GET /api/cadets", "list"),
        ("GET", "/api/cadets/", "GET /api/cadets", "list"),
        ("POST", "/api/cadets", "POST /api/cadets", "write"),
        ("GET", "/api/cadets/7", "GET /api/cadets/{id}", "detail"),
        ("PATCH", "/api/cadets/7", "PATCH /api/cadets/{id}", "write"),
        ("GET", "/api/listed", "GET /api/listed", "list"),
        ("GET", "/api/retrieved/0102801001", "GET /api/retrieved/{psgc_code}", "detail"),
        ("GET", "/api/report", "GET /api/report", "report"),
        ("GET", "/plain/2026/x/", "GET /plain/{year}/{slug}/", "detail"),
        ("HEAD", "/function", "HEAD /function", "detail"),
        ("DELETE", "/function", "DELETE /function", "write"),
        ("PROPFIND", "/function", "_OTHER /function", "write"),
        ("GET", "/declared", "GET /declared", "sync"),
        ("GET", "/nested/00000000-0000-0000-0000-000000000007", "GET /nested/{id}", "detail"),
        ("GET", "/wp-login.php", "GET _unmatched", "system"),
        ("GET", "/admin/login/", "GET /admin/login/", "system"),
    ],
)
def test_name_and_class(method, path, operation, operation_class):
    found = name(RequestFactory().generic(method, path))
    assert found[:2] == (operation, operation_class)


@pytest.mark.urls(__name__)
def test_a_scanner_adds_one_name_per_method():
    paths = [f"/.env.{i}" for i in range(50)]
    assert {name(RequestFactory().get(path))[0] for path in paths} == {"GET _unmatched"}


def test_what_is_remembered_is_bounded():
    assert MAX_KNOWN < 10_000
