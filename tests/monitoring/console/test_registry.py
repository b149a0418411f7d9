"""Pages that apps add."""

from importlib import import_module, reload

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.test import Client
from django.urls import clear_url_caches

from monitoring.console import register, unregister
from monitoring.console import urls as console_urls
from monitoring.errors import ConfigurationError
from tests.monitoring.console.story import client_of, person


def sync_page(request):
    return render(request, "tachograph/message.html", {"title": "Sync", "message": "All devices are well."})


def read_urls_again():
    reload(console_urls)
    reload(import_module(settings.ROOT_URLCONF))
    clear_url_caches()


@pytest.fixture
def page():
    register("Sync", "sync", sync_page)
    read_urls_again()
    yield "/console/sync/"
    unregister("sync")
    read_urls_again()


def test_it_is_in_the_navigation_and_guarded_like_the_others(page, db):
    viewer = client_of(person("view_console"))
    assert 'href="/console/sync/">Sync</a>' in viewer.get("/console/").content.decode()
    answer = viewer.get(page)
    assert "All devices are well." in answer.content.decode()
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert Client().get(page).status_code == 302
    assert client_of(person(role="reader")).get(page).status_code == 403


@pytest.mark.parametrize("name", ["queries", "actions", "sync"])
def test_a_name_is_taken_once(page, name):
    with pytest.raises(ConfigurationError, match="another name"):
        register("Mine", name, lambda request: HttpResponse())
