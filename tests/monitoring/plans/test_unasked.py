"""What is slow is explained before anybody asks."""

from datetime import timedelta

import pytest
from django.utils import timezone

from monitoring.plans import unasked
from monitoring.store.models import Location, OperationKey, Plan, Query, QuerySample

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _the_tests_connection_stays(monkeypatch):
    """As in a test client's requests: the test's transaction is on it."""
    monkeypatch.setattr(unasked, "close_old_connections", lambda: None)


@pytest.fixture
def slow(db):
    """slow(fingerprint, seconds): a run of a statement that was slow just now."""
    operation = OperationKey.objects.create(kind="request", name="GET /x", operation_class="list")
    place = Location.objects.create(module="views", function="x", file="views.py", line=1)

    def slow(fingerprint, seconds=0.2, *, ago=timedelta(), **more):
        fields = {"sql": "SELECT ? FROM django_migrations", "kind": "read", "alias": "default",
                  "first_seen": timezone.now()}  # fmt: skip
        query, _ = Query.objects.get_or_create(fingerprint=fingerprint, defaults=fields | more)
        QuerySample.objects.create(query=query, location=place, operation=operation, rows=1,
                                   at=timezone.now() - ago, duration_s=seconds)  # fmt: skip

    return slow


def test_a_slow_query_gets_its_plan_once_an_hour(slow):
    slow("a" * 16)
    unasked.explain_slow()
    (plan,) = Plan.objects.all()
    assert (plan.query_id, plan.error) == ("a" * 16, "")
    assert plan.total_cost > 0
    unasked.explain_slow()
    assert Plan.objects.count() == 1
    Plan.objects.update(at=timezone.now() - timedelta(minutes=61))
    unasked.explain_slow()
    assert Plan.objects.count() == 2


def test_what_writes_is_muted_or_was_slow_long_ago_gets_none(slow):
    slow("a" * 16, kind="write")
    slow("b" * 16, muted_at=timezone.now())
    slow("c" * 16, ago=timedelta(hours=2))
    unasked.explain_slow()
    assert not Plan.objects.exists()


def test_a_round_is_short_and_begins_with_the_costliest(slow):
    for number in range(unasked.MOST + 2):
        slow(f"{number:016x}", 0.1 + number)
    found = unasked.wanting()
    assert found == [f"{number:016x}" for number in range(unasked.MOST + 1, 1, -1)]


def test_one_that_cannot_be_explained_is_tried_once_an_hour(slow):
    slow("a" * 16, sql="SELECT ? FROM there_is_no_such_table")
    slow("b" * 16)
    unasked.explain_slow()
    assert set(Plan.objects.values_list("query", "error").distinct()) >= {("b" * 16, "")}
    assert Plan.objects.get(query="a" * 16).error
    assert unasked.wanting() == []


def test_the_stores_writer_does_it():
    from monitoring.conf import conf
    from monitoring.store import maintenance

    assert conf().EXPLAIN
    assert maintenance._rounds == {f"{unasked.__name__}.explain_slow": 30.0}
