"""No page asks the database more the more there is."""

import pytest

from monitoring.store.models import CachePeriod, Location, OperationKey, Query
from tests.monitoring.console.story import client_of, person, sent
from tests.monitoring.reports.month import FEW, seed

MOST = 15
PAGES = ["", "endpoints/", "endpoints/{operation}/", "queries/", "queries/?sort=p95", "queries/{query}/",
         "nplusone/", "cache/", "database/", "budgets/", "recorder/"]  # fmt: skip


def counts(client):
    found = {}
    for page in PAGES:
        path = page.format(operation=OperationKey.objects.first().pk, query=Query.objects.first().pk)
        client.get(f"/console/{path}")  # what is asked once in a process
        with sent() as statements:
            assert client.get(f"/console/{path}").status_code == 200
        found[page] = len(statements)
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["admin", "staff"])
def test_ten_times_as_much_takes_as_many_queries(role):
    client = client_of(person(role=role))
    seed(60, 30, **FEW)
    few = counts(client)
    for model in (Query, OperationKey, Location, CachePeriod):
        model.objects.all().delete()
    seed(600, 300, **FEW)
    many = counts(client)
    assert many == few
    assert max(many.values()) <= MOST, many
