"""Coverage answers come from the cache until something under them is committed."""

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from kombu.exceptions import OperationalError as QueueError

from accounts.scenarios import client_for
from common.generations import Family
from communities.models import MunicipalityCoverage, OBCCommunity
from communities.tasks import resync_coverage
from communities.utils import auto_sync_disabled
from monitoring.testing import recorded
from tests.communities.country import Country

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/api/coverage/municipalities/1001301000"


@pytest.fixture
def reader(country: Country) -> Client:
    cache.clear()
    country.community(country.baungon, households=1)
    return client_for("reader")


def households(client: Client) -> int:
    return client.get(URL).json()["households"]


@pytest.fixture
def country(transactional_db: None) -> Country:
    return Country()


def test_the_second_answer_asks_the_database_only_who_it_is(reader: Client) -> None:
    with recorded() as operations:
        assert reader.get(URL).json() == reader.get(URL).json()
    assert [operation.queries for operation in operations] == [2, 1]


@pytest.mark.parametrize("act", ["save", "soft_delete", "delete", "coverage", "rename", "task", "province"])
def test_a_commit_ends_it(reader: Client, country: Country, act: str) -> None:
    before = reader.get(URL).json()
    community, coverage = OBCCommunity.objects.get(), MunicipalityCoverage.objects.get()
    if act == "save":
        community.households = 2
        community.save()
    elif act == "coverage":
        coverage.auto_sync, coverage.households = False, 7
        coverage.save()
    elif act == "rename":
        country.baungon.name = "Renamed"
        country.baungon.save()
    elif act == "province":
        country.baungon.province = country.lanao
        country.baungon.save()
    elif act == "task":
        with auto_sync_disabled():
            country.community(country.baungon, households=5)
        resync_coverage.delay("10")
    else:
        getattr(community, act)()
    assert reader.get(URL).json() != before


def test_until_the_commit_others_see_what_was(reader: Client, country: Country) -> None:
    assert households(reader) == 1
    with transaction.atomic():
        country.community(country.baungon, households=1)
        # Inside the writer's own transaction nothing comes from the cache or goes there.
        assert households(reader) == 2
        transaction.set_rollback(True)
    assert households(reader) == 1


def test_a_slow_reader_never_refills_with_an_older_state() -> None:
    family = Family("test")
    family.forget()

    def slow() -> str:
        family.forget()  # a writer commits after this reader has read
        return "old"

    assert family.get_or_make("k", slow) == "old"
    assert family.get_or_make("k", lambda: "new") == "new"


def test_an_evicted_generation_does_not_bring_old_answers_back() -> None:
    family = Family("test")
    family.forget()
    assert family.get_or_make("k", lambda: "old") == "old"
    cache.delete("test:generation")
    assert family.get_or_make("k", lambda: "new") == "new"


def test_without_a_cache_answers_still_come(reader: Client, monkeypatch) -> None:
    from django_redis.exceptions import ConnectionInterrupted

    def broken(*_: object, **__: object) -> None:
        raise ConnectionInterrupted(connection=None)

    monkeypatch.setattr(cache, "get", broken)
    assert households(reader) == 1


def test_without_a_queue_it_is_503(country: Country, monkeypatch) -> None:
    def unreachable(*_: object) -> None:
        raise QueueError("no broker")

    monkeypatch.setattr(resync_coverage, "delay", unreachable)
    answer = client_for("admin").post("/api/coverage/sync")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")


def test_an_administrator_has_a_worker_recompute(reader: Client, country: Country) -> None:
    with auto_sync_disabled():
        country.community(country.baungon, households=5)
    admin = client_for("admin")
    assert reader.post("/api/coverage/sync").status_code == 403
    assert admin.post("/api/coverage/sync?region=77").status_code == 400
    answer = admin.post("/api/coverage/sync?region=10")
    assert (answer.status_code, bool(answer.json()["task"])) == (202, True)
    assert households(reader) == 6
