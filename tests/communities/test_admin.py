"""The admin: lists whose query count does not grow, actions that sync each unit once."""

import pytest
from django.test import Client

from accounts.models import User
from communities.models import MunicipalityCoverage, OBCCommunity, ProvinceCoverage
from communities.scenarios import seed_communities
from monitoring.testing import recorded
from tests.communities.country import Country, assert_coverages_are_right

LISTS = ["obccommunity", "municipalitycoverage", "provincecoverage"]


@pytest.fixture
def boss(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    return client


def act(client: Client, model: str, action: str, *rows: int) -> str:
    url = f"/admin/communities/{model}/"
    body = {"action": action, "_selected_action": rows}
    return client.post(f"{url}?deleted=all", body, follow=True).content.decode()


@pytest.mark.parametrize("name", LISTS)
def test_a_lists_query_count_does_not_grow(boss: Client, name: str) -> None:
    counts = []
    for size in (2, 40):
        OBCCommunity.all_objects.all().delete()
        MunicipalityCoverage.all_objects.all().delete()
        ProvinceCoverage.all_objects.all().delete()
        if size == 40:
            from geography.models import Barangay, Municipality, Province, Region

            for model in (Barangay, Municipality, Province, Region):
                model.objects.all().delete()
        seed_communities(size)
        with recorded() as operations:
            assert boss.get(f"/admin/communities/{name}/").status_code == 200
        counts.append(operations[-1].queries)
        assert not operations[-1].nplusone
    assert counts[0] == counts[1]


def test_search(country: Country, boss: Client) -> None:
    country.community(country.iligan, name="Kampung")
    country.community(country.baungon, name="Barrio")
    assert b"Barrio" not in boss.get("/admin/communities/obccommunity/", {"q": "kampung"}).content
    assert b"Baungon" not in boss.get("/admin/communities/municipalitycoverage/", {"q": "iligan"}).content


def test_sync_now(country: Country, boss: Client) -> None:
    rows = [country.community(unit, households=1) for unit in (country.baungon, country.damulog)]
    OBCCommunity.objects.update(households=5)
    with recorded() as operations:
        answer = act(boss, "obccommunity", "sync_now", *(row.pk for row in rows))
    assert "2 municipalities synced" in answer
    assert len(operations.named("coverage.sync_municipality")) == 1
    assert_coverages_are_right()
    OBCCommunity.objects.update(households=6)
    assert "2 municipalities synced" in act(
        boss, "municipalitycoverage", "sync_now", *MunicipalityCoverage.objects.values_list("pk", flat=True)
    )
    assert_coverages_are_right()
    ProvinceCoverage.objects.update(households=0)
    act(boss, "provincecoverage", "sync_now", ProvinceCoverage.objects.get().pk)
    assert_coverages_are_right()


def test_soft_deleting_and_restoring(country: Country, boss: Client) -> None:
    rows = [country.community(country.baungon, households=1).pk for _ in range(3)]
    with recorded() as operations:
        act(boss, "obccommunity", "soft_delete", *rows[:2])
    assert len(operations.named("coverage.sync_municipality")) == 1
    assert OBCCommunity.objects.count() == 1
    assert OBCCommunity.all_objects.filter(deleted_by__username="boss").count() == 2
    assert_coverages_are_right()
    act(boss, "obccommunity", "restore", *rows)
    assert OBCCommunity.objects.count() == 3
    assert_coverages_are_right()


def test_deletion_costs_the_same_for_many(country: Country, boss: Client) -> None:
    rows = [country.community(country.baungon).pk for _ in range(12)]
    counts = []
    for some in (rows[:2], rows[2:]):
        with recorded() as operations:
            act(boss, "obccommunity", "soft_delete", *some)
        counts.append(operations.named("POST /admin/communities/obccommunity/")[0].queries)
    assert counts[0] == counts[1]


def test_deleting_and_restoring_coverages(country: Country, boss: Client) -> None:
    for unit in (country.baungon, country.damulog, country.kapatagan):
        country.community(unit, households=1)
    baungon = MunicipalityCoverage.objects.get(municipality=country.baungon)
    act(boss, "municipalitycoverage", "soft_delete", baungon.pk)
    assert ProvinceCoverage.objects.get(province=country.bukidnon).households == 1
    country.community(country.baungon, households=3)
    act(boss, "municipalitycoverage", "restore", baungon.pk)
    assert ProvinceCoverage.objects.get(province=country.bukidnon).households == 5
    provinces = list(ProvinceCoverage.objects.values_list("pk", flat=True))
    act(boss, "provincecoverage", "soft_delete", *provinces)
    assert not ProvinceCoverage.objects.exists()
    act(boss, "provincecoverage", "restore", *provinces)
    assert_coverages_are_right()


def test_a_person_may_enter_the_sums_where_auto_sync_is_off(country: Country, boss: Client) -> None:
    country.community(country.baungon, households=1)
    coverage = MunicipalityCoverage.objects.get()
    url = f"/admin/communities/municipalitycoverage/{coverage.pk}/change/"
    assert b'name="households"' not in boss.get(url).content
    boss.post(url, {"auto_sync": ""})
    form = boss.get(url).context["adminform"].form
    values = {name: form.initial.get(name) or 0 for name in form.fields if name != "auto_sync"}
    assert boss.post(url, values | {"households": 50}).status_code == 302
    coverage.refresh_from_db()
    assert (coverage.households, coverage.auto_sync, coverage.updated_by.username) == (50, False, "boss")
    assert ProvinceCoverage.objects.get().households == 50
