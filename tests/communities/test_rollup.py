"""A coverage is right after every write, by every means of writing, at a constant number of queries."""

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from communities.models import FIGURES, MunicipalityCoverage, OBCCommunity, ProvinceCoverage
from geography.models import Municipality, Province
from monitoring.testing import recorded
from tests.communities.country import Country, assert_coverages_are_right


def of(unit: Municipality | Province) -> MunicipalityCoverage | ProvinceCoverage:
    model = MunicipalityCoverage if isinstance(unit, Municipality) else ProvinceCoverage
    return model.objects.get(**{model.UNIT: unit})


class TestSignals:
    def test_a_new_community_reaches_its_municipality_and_province(self, country: Country) -> None:
        country.community(country.baungon, households=10, women_count=4)
        country.community(country.baungon, 2, households=5)
        country.community(country.damulog, households=1)
        baungon = of(country.baungon)
        assert (baungon.households, baungon.women_count, baungon.total_obc_communities) == (15, 4, 2)
        assert baungon.key_barangays == "Baungon 1, Baungon 2"
        bukidnon = of(country.bukidnon)
        assert (bukidnon.households, bukidnon.total_municipalities, bukidnon.total_obc_communities) == (
            16,
            2,
            3,
        )
        assert bukidnon.key_municipalities == "Baungon, Damulog"
        assert_coverages_are_right()

    def test_a_figure_unknown_everywhere_sums_to_0(self, country: Country) -> None:
        country.community(country.baungon)
        assert [getattr(of(country.baungon), name) for name in FIGURES] == [0] * 29

    def test_a_change(self, country: Country) -> None:
        community = country.community(country.baungon, households=10)
        community.households = 7
        community.save()
        assert (of(country.baungon).households, of(country.bukidnon).households) == (7, 7)

    def test_a_move_leaves_zeros_behind(self, country: Country) -> None:
        community = country.community(country.baungon, households=10)
        community.barangay = country.barangay(country.kapatagan)
        community.save()
        assert (of(country.baungon).households, of(country.baungon).key_barangays) == (0, "")
        assert (of(country.kapatagan).households, of(country.lanao).households) == (10, 10)
        assert community.province == country.lanao
        assert_coverages_are_right()

    def test_a_move_from_where_another_writer_put_it(self, country: Country) -> None:
        community = country.community(country.baungon, households=10)
        stale = OBCCommunity.objects.get(pk=community.pk)
        community.barangay = country.barangay(country.damulog)
        community.save()
        stale.barangay = country.barangay(country.kapatagan)
        stale.save()
        assert_coverages_are_right()

    def test_a_deleted_row(self, country: Country) -> None:
        community = country.community(country.baungon, households=10)
        stale = OBCCommunity.objects.get(pk=community.pk)
        community.barangay = country.barangay(country.damulog)
        community.save()
        stale.delete()
        assert of(country.damulog).total_obc_communities == 0
        assert_coverages_are_right()

    def test_a_city_without_a_province_goes_no_further(self, country: Country) -> None:
        country.community(country.iligan, households=3)
        assert of(country.iligan).households == 3
        assert not ProvinceCoverage.objects.exists()

    def test_soft_deletion_and_restoring(self, country: Country) -> None:
        user = User.objects.create(username="u")
        community = country.community(country.baungon, households=10)
        community.soft_delete(user)
        assert (of(country.baungon).households, of(country.bukidnon).households) == (0, 0)
        assert not OBCCommunity.objects.exists()
        kept = OBCCommunity.all_objects.get()
        assert (kept.deleted_by, kept.updated_by, kept.is_deleted) == (user, user, True)
        kept.restore()
        assert of(country.bukidnon).households == 10
        assert OBCCommunity.objects.get().deleted_by is None

    def test_bulk_writes_do_not(self, country: Country) -> None:
        OBCCommunity.objects.bulk_create([OBCCommunity(barangay=country.barangays[0], households=1)])
        OBCCommunity.objects.update(households=2)
        assert not MunicipalityCoverage.objects.exists()

    def test_deleting_by_queryset_syncs_each_unit_once(self, country: Country) -> None:
        for _ in range(6):
            country.community(country.baungon, households=1)
        with recorded() as operations:
            OBCCommunity.objects.filter(barangay=country.barangay(country.baungon)).delete()
        assert len(operations.named("coverage.sync_municipality")) == 1
        assert_coverages_are_right()

    def test_deleting_by_a_distinct_queryset(self, country: Country) -> None:
        country.community(country.baungon, households=1)
        found = OBCCommunity.objects.select_related("barangay__municipality__province").distinct()
        assert found.delete()[0] == 1
        assert_coverages_are_right()

    def test_the_community_and_its_roll_up_are_one_transaction(self, country: Country, monkeypatch) -> None:
        monkeypatch.setattr("communities.signals.touch", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            country.community(country.baungon)
        assert not OBCCommunity.objects.exists()


class TestCoverages:
    def test_a_coverage_made_by_hand_has_the_sums(self, country: Country) -> None:
        OBCCommunity.objects.bulk_create([OBCCommunity(barangay=country.barangays[0], households=4)])
        coverage = MunicipalityCoverage.objects.create(municipality=country.baungon, households=99)
        assert (coverage.households, coverage.total_obc_communities) == (4, 1)
        assert of(country.bukidnon).households == 4

    def test_an_empty_municipality_has_zeros(self, country: Country) -> None:
        coverage = MunicipalityCoverage.sync_for_municipality(country.damulog)
        assert (coverage.households, coverage.total_obc_communities, coverage.key_barangays) == (0, 0, "")
        assert of(country.bukidnon).total_municipalities == 1

    def test_without_auto_sync_it_keeps_what_was_entered_and_counts_upward(self, country: Country) -> None:
        coverage = country.community(country.baungon, households=4) and of(country.baungon)
        coverage.auto_sync, coverage.households = False, 100
        coverage.save()
        assert of(country.bukidnon).households == 100
        country.community(country.baungon, households=5)
        coverage.refresh_from_db()
        assert (coverage.households, of(country.bukidnon).households) == (100, 100)
        with recorded() as operations:
            coverage.refresh_from_communities()
        assert not operations
        coverage.auto_sync = True
        coverage.save()
        assert (coverage.households, of(country.bukidnon).households) == (9, 9)

    def test_a_province_without_auto_sync(self, country: Country) -> None:
        country.community(country.baungon, households=4)
        coverage = of(country.bukidnon)
        coverage.auto_sync, coverage.households = False, 77
        coverage.save()
        country.community(country.baungon, households=4)
        assert of(country.bukidnon).households == 77
        with recorded() as operations:
            coverage.refresh_from_municipalities()
        assert not operations

    def test_a_stale_coverage_does_not_overwrite_the_sums(self, country: Country) -> None:
        country.community(country.baungon, households=4)
        stale = of(country.baungon)
        country.community(country.baungon, households=5)
        stale.save()
        assert of(country.baungon).households == 9

    @pytest.mark.parametrize("by_queryset", [False, True])
    def test_deleting_a_municipalitys_coverage_reaches_the_province(
        self, country: Country, by_queryset: bool
    ) -> None:
        country.community(country.baungon, households=4)
        country.community(country.damulog, households=5)
        found = MunicipalityCoverage.objects.filter(municipality=country.baungon)
        (found if by_queryset else found.get()).delete()
        assert (of(country.bukidnon).households, of(country.bukidnon).total_municipalities) == (5, 1)
        assert not found.exists()

    def test_soft_deleting_and_restoring_a_coverage(self, country: Country) -> None:
        country.community(country.baungon, households=4)
        coverage = of(country.baungon).soft_delete()
        assert (of(country.bukidnon).households, of(country.bukidnon).total_municipalities) == (0, 0)
        country.community(country.baungon, households=5)
        assert of(country.bukidnon).households == 0
        assert not MunicipalityCoverage.objects.exists()
        assert MunicipalityCoverage.all_objects.get().households == 4
        assert coverage.restore().households == 9
        assert of(country.bukidnon).households == 9

    def test_refreshing_corrects_what_bulk_writes_left(self, country: Country) -> None:
        country.community(country.baungon, households=4)
        OBCCommunity.objects.update(households=6)
        coverage = of(country.baungon).refresh_from_communities()
        assert (coverage.households, of(country.bukidnon).households) == (6, 6)
        MunicipalityCoverage.objects.update(households=8)
        assert of(country.bukidnon).refresh_from_municipalities().households == 8

    def test_region_and_province_are_read_once(self, country: Country) -> None:
        country.community(country.baungon)
        coverage = of(country.baungon)
        assert (coverage.province, coverage.region) == (country.bukidnon, country.region)
        assert of(country.bukidnon).region == country.region
        from monitoring import operation

        with operation("test") as record:
            _ = coverage.province, coverage.region
        assert record.queries == 0


class TestLimits:
    def test_postgresql_refuses_negative_figures(self, country: Country) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            country.community(country.baungon, households=-1)
        with pytest.raises(IntegrityError), transaction.atomic():
            OBCCommunity.objects.bulk_create([OBCCommunity(barangay=country.barangays[0], idps_count=-1)])

    def test_a_barangay_with_communities_stays(self, country: Country) -> None:
        from django.db.models import ProtectedError

        country.community(country.baungon)
        with pytest.raises(ProtectedError):
            country.barangay(country.baungon).delete()

    @pytest.mark.parametrize("communities", [2, 200])
    def test_queries_do_not_follow_the_size(self, country: Country, communities: int) -> None:
        place = country.barangay(country.baungon)
        OBCCommunity.objects.bulk_create(
            OBCCommunity(barangay=place, households=1) for _ in range(communities)
        )
        with recorded() as operations:
            MunicipalityCoverage.sync_for_municipality(country.baungon)
            country.community(country.baungon)
        municipal, provincial = (
            operations.named(f"coverage.sync_{unit}") for unit in ("municipality", "province")
        )
        assert [operation.queries for operation in (*municipal, *provincial)] == [2, 2, 2, 2]
        assert {operation.operation_class for operation in operations} == {"sync"}
        assert of(country.baungon).total_obc_communities == communities + 1
