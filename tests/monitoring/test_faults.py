"""A fault injected into every part of the recorder: the user's request does not notice, and it is counted."""

import pytest
from django.core.cache import caches
from django.db import connection
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path

from monitoring import faults, operation
from monitoring.hooks import on_finish


def view(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.execute("SELECT 1")
    caches["default"].get("x")
    with operation("block"):
        pass
    return HttpResponse("fine")


def stream(request):
    return StreamingHttpResponse(iter([b"fi", b"ne"]))


urlpatterns = [path("view", view), path("stream", stream)]
pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]

PARTS = [
    "monitoring.middleware._begin",
    "monitoring.middleware.names.name",
    "monitoring.middleware._follow",
    "monitoring.operations.analyse",
    "monitoring.operations.flush",
    "monitoring.operations.log_operation",
    "monitoring.instruments.database._account",
    "monitoring.instruments.database.known",
    "monitoring.instruments.database.parameters_hash",
    "monitoring.origin.find",
    "monitoring.instruments.cache._current",
    "monitoring.inflight.leave",
]


class InjectedError(Exception):
    pass


class Broken:
    """Fails whatever is asked of it."""

    def __call__(self, *args, **kwargs):
        raise InjectedError

    def __getattr__(self, name):
        raise InjectedError


@pytest.fixture
def counted_not_raised(settings):
    settings.TACHOGRAPH = settings.TACHOGRAPH | {"RAISE_FAULTS": False}
    faults._seen.clear()


@pytest.mark.usefixtures("counted_not_raised")
@pytest.mark.parametrize("part", PARTS)
def test_a_fault_never_reaches_the_user(client, part, monkeypatch, figure, caplog):
    monkeypatch.setattr(part, Broken())
    for address in ("/view", "/stream"):
        response = client.get(address)
        assert (response.status_code, response.getvalue()) == (200, b"fine")
    assert figure("tacho_recorder_errors") > 0
    said = [record for record in caplog.records if record.name == "tachograph.recorder"]
    assert said
    again = len(said)
    client.get("/view")
    assert len([record for record in caplog.records if record.name == "tachograph.recorder"]) == again


@pytest.mark.usefixtures("counted_not_raised")
def test_a_receiver_that_fails_harms_no_other(client, figure):
    seen = []

    @on_finish.connect
    def broken(record):
        raise InjectedError

    on_finish.connect(seen.append)
    last = on_finish._receivers[-1]
    try:
        assert client.get("/view").status_code == 200
    finally:
        on_finish.disconnect(broken)
        on_finish.disconnect(last)
    assert [one.name for one in seen] == ["block", "GET /view"]
    assert figure("tacho_recorder_errors") == 2


def test_in_tests_a_fault_is_raised(client, monkeypatch):
    monkeypatch.setattr("monitoring.operations.flush", Broken())
    with pytest.raises(InjectedError):
        client.get("/view")
