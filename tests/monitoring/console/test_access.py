"""Who sees what, and under which policy."""

import re

import pytest
from django.test import Client

from tests.monitoring.console.story import FINGERPRINT, client_of, person

LISTS = ["", "endpoints/", "queries/", "nplusone/", "cache/", "database/", "budgets/", "recorder/"]
PAGES = [*LISTS, "endpoints/{operation}/", f"queries/{FINGERPRINT}/", f"queries/{FINGERPRINT}/sql"]
INLINE = re.compile(
    r"""<style|\sstyle=|\son\w+=|javascript:|<script(?![^>]*(?:\ssrc=|type="application/json"))"""
)


@pytest.fixture(params=PAGES, ids=lambda page: page or "overview")
def page(request, story):
    story.trace()
    story.plan()
    return "/console/" + request.param.format(operation=story.operation.pk)


def test_a_stranger_is_sent_to_the_login_page_and_back(page):
    answer = Client().get(page)
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/admin/login/?next={page}"


@pytest.mark.parametrize("role", ["staff", "reader"])
def test_without_the_permission_nothing_is_shown(page, role, settings):
    settings.TACHOGRAPH = settings.TACHOGRAPH | {"CONSOLE_PERMISSION": "tachograph.nobody_has_this"}
    answer = client_of(person("explain_query", role=role)).get(page)
    assert answer.status_code == 403
    shown = answer.content.decode()
    assert "thing" not in shown
    assert "municipalities" not in shown
    assert "<nav" not in shown


def test_who_is_no_staff_sees_nothing_whatever_they_are_granted(page):
    assert client_of(person("view_console", role="reader")).get(page).status_code == 403


def test_with_the_permission_the_page_is_shown(page):
    answer = client_of(person("view_console")).get(page)
    assert answer.status_code == 200
    assert "reset" not in re.findall(r'action="/console/actions/(\w+)"', answer.content.decode())


def test_the_setting_names_another_permission(story, settings):
    settings.TACHOGRAPH = settings.TACHOGRAPH | {"CONSOLE_PERMISSION": "tachograph.run_silk"}
    assert client_of(person("run_silk")).get("/console/").status_code == 200


def test_the_policy_is_strict_and_the_page_keeps_it(page, boss):
    answer = boss.get(page)
    policy = answer.headers["Content-Security-Policy"]
    for directive in (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "frame-ancestors 'none'",
    ):
        assert directive in policy.split("; ")
    assert "unsafe" not in policy
    assert INLINE.findall(answer.content.decode()) == []
    assert "no-store" in answer.headers["Cache-Control"]


def test_a_refusal_and_a_redirect_stand_under_the_policy_too(story):
    for client in (Client(), client_of(person(role="reader"))):
        assert "script-src 'self'" in client.get("/console/").headers["Content-Security-Policy"]


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_a_page_is_only_read(boss, method):
    assert getattr(boss, method)("/console/queries/").status_code == 405


def test_the_consoles_own_requests_are_in_no_figure(boss, ended):
    boss.get("/api/regions")
    boss.get("/console/")
    boss.post("/console/actions/pause")
    boss.post("/console/actions/resume")
    assert [operation.name for operation in ended] == ["GET /api/regions"]
