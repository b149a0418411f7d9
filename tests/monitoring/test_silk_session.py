"""A session of django-silk: the chosen operation's next requests, and no value of theirs."""

import re

import pytest
from django.contrib.auth.hashers import make_password
from django.core.serializers import serialize
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from silk.models import Request, Response, SQLQuery

from accounts.models import User
from monitoring import silk_session
from monitoring.store.models import OperationKey, SilkSession
from monitoring.testing import recorded

pytestmark = pytest.mark.django_db(transaction=True)
LOGIN = "POST /api/auth/login"


def start(operation=LOGIN, requests=2):
    OperationKey.objects.get_or_create(kind="request", name=operation, operation_class="write")
    return SilkSession.objects.create(
        operation=operation, requests=requests, started_at=timezone.now(), by="boss"
    )


def login(name="juan.delacruz@example.org", password="s3cr3t-Tala-1898"):
    return Client().post(
        "/api/auth/login?note=Kalayaan",
        {"username": name, "password": password},
        content_type="application/json",
        headers={"X-Forwarded-For": "203.0.113.77", "Cookie": "crumb=Polvoron"},
    )


@pytest.fixture
def juan():
    return User.objects.create(
        username="juan.delacruz@example.org", password=make_password("s3cr3t-Tala-1898")
    )


def test_off_it_asks_and_records_nothing(juan):
    with CaptureQueriesContext(connection) as off:
        login()
    assert not any("silk" in query["sql"] for query in off)
    assert Request.objects.count() == 0


def test_it_records_the_next_requests_of_the_operation_and_then_no_more(juan):
    session = start(requests=2)
    Client().get("/healthz")
    for _ in range(4):
        assert login().status_code == 200
    assert [one.path for one in Request.objects.all()] == ["/api/auth/login"] * 2
    session.refresh_from_db()
    assert session.recorded == 2
    assert session.stopped_at is not None
    assert not silk_session.flag.is_up()
    first = Request.objects.order_by("start_time").first()
    assert first.num_sql_queries == first.queries.count() > 0
    assert first.response.status_code == 200
    assert "function calls" in first.pyprofile
    assert re.search(r"\w+\.py:\d+ in ", first.queries.first().traceback)


def test_no_value_is_stored(juan):
    start(requests=2)
    login()
    login(password="wrong-Bayanihan")
    assert Request.objects.count() == 2
    stored = "".join(serialize("json", model.objects.all()) for model in (Request, Response, SQLQuery))
    for value in ("juan", "s3cr3t", "Tala", "Bayanihan", "Kalayaan", "203.0.113.77", "Polvoron", "eyJ"):
        assert value not in stored
    assert not SQLQuery.objects.exclude(analysis=None).exists()


def test_a_session_that_was_stopped_records_no_more(juan):
    session = start(requests=9)
    login()
    session.stopped_at = timezone.now()
    session.save()
    login()
    assert Request.objects.count() == 1


def test_its_own_work_is_in_no_figure(juan):
    with recorded() as plain:
        login()
    start()
    with recorded() as watched:
        login()
    assert watched.named(LOGIN)[0].queries == plain.named(LOGIN)[0].queries


def test_a_request_that_fails_is_answered_as_ever(juan, monkeypatch):
    start()
    assert login(password="wrong").status_code == 401


def test_old_recordings_are_pruned(juan, monkeypatch):
    Request.objects.create(path="/old", method="GET", start_time=timezone.now() - 2 * silk_session.KEPT)
    start(requests=1)
    login()
    login()
    assert [one.path for one in Request.objects.all()] == ["/api/auth/login"]
    monkeypatch.setattr(silk_session, "KEPT_REQUESTS", 0)
    silk_session.prune()
    assert not SQLQuery.objects.exists()


def test_only_who_may_run_it_sees_what_it_recorded(juan):
    boss, staff = User.objects.create_superuser("boss"), User.objects.create_user("staff", role="staff")
    for user, status in ((boss, 200), (staff, 403)):
        client = Client()
        client.force_login(user)
        assert client.get("/silk/requests/").status_code == status
    assert Client().get("/silk/requests/").status_code == 302
