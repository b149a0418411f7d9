"""The console while PostgreSQL is down."""

import pytest
from django.db import connections
from django.test import Client

from tests.monitoring.console.story import client_of, person

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def viewer(transactional_db):
    client = client_of(person("view_console"))
    assert client.get("/console/").status_code == 200
    assert client.get("/api/regions").status_code == 401
    return client


@pytest.fixture
def database_is_down(monkeypatch):
    """Every new connection is refused, as by a server that is stopped: nobody listens on port 1."""

    def stop():
        connection = connections["default"]
        connection.close()
        monkeypatch.setitem(connection.settings_dict, "PORT", 1)
        monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")

    return stop


@pytest.mark.parametrize("page", ["", "endpoints/", "queries/00000000000000aa/", "recorder/"])
def test_it_says_so_and_shows_what_the_processes_still_know(viewer, database_is_down, page):
    database_is_down()
    answer = viewer.get(f"/console/{page}")
    assert answer.status_code == 503
    shown = answer.content.decode()
    assert "The database does not answer" in shown
    assert "GET /api/regions" in shown
    assert "Traces of this process" in shown
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert 'method="post"' not in shown


def test_as_json_too(viewer, database_is_down):
    database_is_down()
    known = {one["name"]: one for one in viewer.get("/console/?export=json").json()["operations"]}
    assert known["GET /api/regions"]["runs"] == 1
    assert known["GET /api/regions"]["operation_class"] == "list"


def test_who_was_not_let_in_before_sees_no_figures(database_is_down):
    stranger, reader = Client(), client_of(person(role="reader"))
    assert reader.get("/console/").status_code == 403
    reader.get("/api/regions")
    database_is_down()
    for client in (stranger, reader):
        shown = client.get("/console/").content.decode()
        assert "GET /api/regions" not in shown


def test_whose_permission_was_taken_away_sees_no_figures(viewer, database_is_down, settings):
    settings.TACHOGRAPH = settings.TACHOGRAPH | {"CONSOLE_PERMISSION": "tachograph.nobody_has_this"}
    assert viewer.get("/console/").status_code == 403
    database_is_down()
    assert "GET /api/regions" not in viewer.get("/console/").content.decode()


def test_nobody_is_let_in_without_a_session(viewer, database_is_down):
    viewer.logout()
    database_is_down()
    assert "GET /api/regions" not in viewer.get("/console/").content.decode()


def test_an_action_is_refused(viewer, database_is_down):
    database_is_down()
    assert viewer.post("/console/actions/pause").status_code == 503


def test_where_the_tables_are_missing_it_says_what_to_do(viewer):
    with connections["default"].cursor() as cursor:
        cursor.execute("ALTER TABLE tachograph_operation RENAME TO elsewhere")
        try:
            answer = viewer.get("/console/")
        finally:
            cursor.execute("ALTER TABLE elsewhere RENAME TO tachograph_operation")
    assert answer.status_code == 503
    assert "run manage.py migrate" in answer.content.decode()


def test_where_the_store_is_no_postgresql_it_says_what_to_do(viewer, monkeypatch):
    monkeypatch.setattr(type(connections["default"]), "vendor", "sqlite")
    answer = viewer.get("/console/")
    assert answer.status_code == 503
    assert "STORE_ALIAS" in answer.content.decode()
