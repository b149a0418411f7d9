"""Many writes, one sync: coalesced_sync, auto_sync_disabled and the bulk utilities."""

import pytest
from django.db import transaction

from communities import utils
from communities.models import MunicipalityCoverage, OBCCommunity, ProvinceCoverage
from geography.models import Municipality, Province
from monitoring import operation
from monitoring.testing import recorded
from tests.communities.country import Country, assert_coverages_are_right


def bulk(country: Country, municipality: Municipality, count: int, **values: int) -> list[OBCCommunity]:
    place = country.barangay(municipality)
    return OBCCommunity.objects.bulk_create(OBCCommunity(barangay=place, **values) for _ in range(count))


class TestCoalescedSync:
    def test_each_unit_is_synced_once(self, country: Country) -> None:
        with recorded() as operations, utils.coalesced_sync():
            for municipality in (country.baungon, country.damulog, country.kapatagan, country.iligan):
                for _ in range(3):
                    country.community(municipality, households=2)
            assert not MunicipalityCoverage.objects.exists()
        assert [o.name for o in operations] == ["coverage.sync_municipality", "coverage.sync_province"]
        assert MunicipalityCoverage.objects.count() == 4
        assert_coverages_are_right()

    def test_the_outermost_syncs(self, country: Country) -> None:
        with utils.coalesced_sync():
            with utils.coalesced_sync():
                country.community(country.baungon)
            assert not MunicipalityCoverage.objects.exists()
        assert_coverages_are_right()

    def test_an_exception_that_leaves_it_undoes_everything(self, country: Country) -> None:
        with pytest.raises(ZeroDivisionError), utils.coalesced_sync():
            country.community(country.baungon)
            raise ZeroDivisionError
        assert not OBCCommunity.objects.exists()
        country.community(country.damulog, households=1)
        assert_coverages_are_right()

    def test_an_exception_caught_inside_leaves_the_rest_right(self, country: Country) -> None:
        with utils.coalesced_sync():
            country.community(country.baungon, households=1)
            with pytest.raises(ZeroDivisionError), utils.coalesced_sync():
                country.community(country.damulog)
                raise ZeroDivisionError
        assert OBCCommunity.objects.count() == 1
        assert_coverages_are_right()

    def test_moves_and_deletions(self, country: Country) -> None:
        moved, deleted = country.community(country.baungon, households=1), country.community(country.damulog)
        with utils.coalesced_sync():
            moved.barangay = country.barangay(country.kapatagan)
            moved.save()
            deleted.delete()
        assert_coverages_are_right()
        assert ProvinceCoverage.objects.get(province=country.bukidnon).total_obc_communities == 0

    def test_it_is_one_transaction(self, country: Country) -> None:
        with utils.coalesced_sync():
            assert transaction.get_connection().in_atomic_block
            country.community(country.baungon)


class TestAutoSyncDisabled:
    def test_it_returns_what_was_touched(self, country: Country) -> None:
        moved = country.community(country.damulog)
        with utils.auto_sync_disabled() as scope:
            country.community(country.baungon, households=3)
            moved.barangay = country.barangay(country.iligan)
            moved.save()
        assert set(scope.municipalities) == {country.baungon, country.damulog, country.iligan}
        assert set(scope.provinces) == {country.bukidnon}
        assert not MunicipalityCoverage.objects.filter(municipality=country.baungon).exists()
        assert utils.bulk_refresh_municipalities(scope.municipalities) == {
            "municipalities_synced": 3,
            "provinces_synced": 1,
        }
        assert_coverages_are_right()

    def test_scopes_inside_it_do_not_sync_either(self, country: Country) -> None:
        with utils.auto_sync_disabled() as scope, utils.coalesced_sync():
            country.community(country.baungon)
        assert not MunicipalityCoverage.objects.exists()
        assert list(scope.municipalities) == [country.baungon]

    def test_afterwards_writes_sync_again(self, country: Country) -> None:
        with pytest.raises(ZeroDivisionError), utils.auto_sync_disabled():
            raise ZeroDivisionError
        country.community(country.baungon)
        assert MunicipalityCoverage.objects.exists()


class TestBulkUtilities:
    def test_communities(self, country: Country) -> None:
        made = bulk(country, country.baungon, 3, households=2) + bulk(country, country.iligan, 1)
        answer = {"municipalities_synced": 2, "provinces_synced": 1, "communities_processed": 4}
        assert utils.bulk_sync_communities(made) == answer
        assert_coverages_are_right()
        assert utils.bulk_sync_communities(OBCCommunity.objects.all()) == answer
        assert utils.bulk_sync_communities([]) == dict.fromkeys(answer, 0)

    def test_without_the_provinces(self, country: Country) -> None:
        made = bulk(country, country.baungon, 3)
        assert utils.bulk_sync_communities(made, sync_provincial=False)["provinces_synced"] == 0
        assert not ProvinceCoverage.objects.exists()
        assert (
            utils.bulk_refresh_municipalities([country.damulog], sync_provincial=False)["provinces_synced"]
            == 0
        )

    def test_municipalities(self, country: Country) -> None:
        country.community(country.baungon)
        country.community(country.iligan)
        MunicipalityCoverage.objects.update(households=5)
        for coverages in (list(MunicipalityCoverage.objects.all()), MunicipalityCoverage.objects.all()):
            assert utils.bulk_sync_municipalities(coverages) == {
                "provinces_synced": 1,
                "municipalities_processed": 2,
            }
        assert ProvinceCoverage.objects.get().households == 5
        for units in (Municipality.objects.all(), list(Municipality.objects.all())):
            assert utils.bulk_refresh_municipalities(units) == {
                "municipalities_synced": 4,
                "provinces_synced": 2,
            }
        answer = utils.bulk_refresh_municipalities(MunicipalityCoverage.objects.filter(households=0))
        assert answer == {"municipalities_synced": 4, "provinces_synced": 2}
        assert_coverages_are_right()

    def test_provinces(self, country: Country) -> None:
        bulk(country, country.baungon, 2, households=1)
        utils.bulk_refresh_municipalities(Municipality.objects.all(), sync_provincial=False)
        assert utils.bulk_refresh_provinces(Province.objects.all()) == {"provinces_synced": 2}
        assert utils.bulk_refresh_provinces(list(ProvinceCoverage.objects.all())) == {"provinces_synced": 2}
        assert_coverages_are_right()

    def test_what_a_person_keeps_is_not_counted(self, country: Country) -> None:
        country.community(country.baungon)
        MunicipalityCoverage.objects.update(auto_sync=False)
        assert utils.bulk_refresh_municipalities([country.baungon])["municipalities_synced"] == 0

    def test_the_whole_hierarchy(self, country: Country) -> None:
        bulk(country, country.baungon, 2, households=1)
        bulk(country, country.iligan, 2, households=1)
        expected = {"municipalities_synced": 2, "provinces_synced": 1}
        assert utils.sync_entire_hierarchy() == expected | {"region": None}
        assert utils.sync_entire_hierarchy("10") == expected | {"region": "Northern Mindanao"}
        assert utils.sync_entire_hierarchy("1000000000") == expected | {"region": "Northern Mindanao"}
        assert utils.sync_entire_hierarchy(country.region) == expected | {"region": "Northern Mindanao"}
        assert_coverages_are_right()

    @pytest.mark.parametrize("size", [1, 40])
    def test_queries_do_not_follow_the_size(self, country: Country, size: int) -> None:
        made = [
            c for m in (country.baungon, country.damulog, country.kapatagan) for c in bulk(country, m, size)
        ]
        with operation("test") as record:
            utils.bulk_sync_communities(made)
            utils.sync_entire_hierarchy()
        assert record.queries == 8
