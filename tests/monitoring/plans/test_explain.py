"""The plan of a stored query: kept for an hour, and an answer in any case."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from monitoring.errors import NotFoundError
from monitoring.plans import Node, explain, tree
from monitoring.statements import CUT_MARK, parse
from monitoring.store.models import Plan, Query
from tests.monitoring.saturation.servers import closed_port

pytestmark = pytest.mark.django_db

SCAN = "SELECT id FROM orders WHERE reference = %s"


@pytest.fixture
def stored(shop, use_server):
    """stored(sql, ...): its fingerprint. The store is the test's database; what it explains is the shop's."""
    use_server(shop.url)

    def stored(sql, /, **more):
        statement = parse(sql)
        fields = {
            "sql": statement.sql,
            "kind": statement.kind,
            "alias": "default",
            "first_seen": timezone.now(),
        }
        Query.objects.create(fingerprint=statement.fingerprint, **fields | more)
        return statement.fingerprint

    return stored


def test_a_plan_is_kept_with_what_it_tells(stored):
    explain(stored(SCAN))
    plan = Plan.objects.get()
    assert plan.error == ""
    assert plan.findings[0]["kind"] == "sequential_scan"
    assert plan.advice[0]["statement"].startswith("CREATE INDEX CONCURRENTLY orders_reference_idx")
    root = tree(plan.plan)
    assert isinstance(root, Node)
    assert root.cost == plan.total_cost


def test_it_is_made_once_an_hour_unless_it_is_forced(stored):
    fingerprint = stored(SCAN)
    first = explain(fingerprint)
    assert explain(fingerprint).pk == first.pk
    assert explain(fingerprint, force=True).pk != first.pk
    Plan.objects.update(at=timezone.now() - timedelta(minutes=61))
    explain(fingerprint)
    assert Plan.objects.count() == 3


def test_a_failure_is_kept_for_an_hour_too(stored):
    fingerprint = stored("SELECT a FROM gone WHERE b = %s")
    first = explain(fingerprint)
    assert "cannot prepare" in first.error
    assert first.plan is None
    assert explain(fingerprint).pk == first.pk


@pytest.mark.parametrize(
    ("sql", "more", "reason"),
    [
        ("UPDATE orders SET status = 'x'", {}, "Only a SELECT"),
        ("SELECT 1", {"sql": f"SELECT ?{CUT_MARK}"}, "too long"),
        ("SELECT 1", {"alias": "warehouse"}, "'warehouse'"),
    ],
)
def test_what_has_no_plan_has_a_reason(stored, sql, more, reason):
    assert reason in explain(stored(sql, **more)).error


def test_a_database_that_is_down_is_told_without_its_address(stored, use_server):
    fingerprint = stored(SCAN)
    with closed_port() as port:
        use_server(f"postgres://somebody:hidden@127.0.0.1:{port}/nothing")
        error = explain(fingerprint).error
    assert "no plan" in error
    assert "hidden" not in error
    assert str(port) not in error


def test_an_unknown_fingerprint(stored):
    with pytest.raises(NotFoundError, match="ffffffffffffffff"):
        explain("ffffffffffffffff")


@pytest.mark.parametrize("number", [1, 10])
def test_the_stores_queries_do_not_grow_with_it(stored, number):
    fingerprint = stored(SCAN)
    query = Query.objects.get()
    Plan.objects.bulk_create(
        Plan(query=query, at=timezone.now() - timedelta(days=1 + day)) for day in range(number)
    )
    with CaptureQueriesContext(connection) as sent:
        explain(fingerprint)
    assert (
        len(sent) == 7
    )  # the transaction's two, whose turn it is, the query, its last plan, its rows, the plan
