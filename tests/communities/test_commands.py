"""sync_obc_coverage, analyze_sync_performance and verify_optimizations, as seen at a terminal."""

from pathlib import Path
from textwrap import fill
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from communities.domain.performance import steps
from communities.management.commands.analyze_sync_performance import WIDTH
from communities.models import MunicipalityCoverage, OBCCommunity, ProvinceCoverage
from communities.models.rollup import Touched, roll_up
from geography.models import Municipality, Region
from tests.communities.country import Country, assert_coverages_are_right


@pytest.fixture
def unsynced(country: Country) -> Country:
    """Baungon has an outdated coverage, Iligan and Damulog none."""
    country.community(country.baungon, households=1)
    OBCCommunity.objects.bulk_create(
        OBCCommunity(barangay=country.barangay(unit), households=5)
        for unit in (country.baungon, country.iligan, country.damulog)
    )
    return country


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


class TestSyncObcCoverage:
    def test_it_makes_updates_and_says_so(self, unsynced: Country, capsys) -> None:
        call_command("sync_obc_coverage")
        assert lines(capsys) == [
            "Found 3 municipalities with Barangay OBCs",
            "Updated: Baungon, Bukidnon",
            "+ Created: City of Iligan, Northern Mindanao",
            "+ Created: Damulog, Bukidnon",
            "Executing optimized bulk sync...",
            "Synced 3 municipalities",
            "Found 1 provinces with Municipality OBCs",
            "Updated: Bukidnon, Northern Mindanao",
            "Executing optimized bulk sync...",
            "Synced 1 provinces",
            "",
            "Summary",
            "  Barangay OBCs: 4",
            "  Municipal coverage created: 2",
            "  Municipal coverage updated: 1",
            "  Provincial coverage created: 0",
            "  Provincial coverage updated: 1",
        ]
        assert_coverages_are_right()

    def test_a_dry_run_prints_the_same_and_writes_nothing(self, unsynced: Country, capsys) -> None:
        before = list(MunicipalityCoverage.objects.values()), list(ProvinceCoverage.objects.values())
        call_command("sync_obc_coverage", "--dry-run")
        dry = lines(capsys)
        assert (
            list(MunicipalityCoverage.objects.values()),
            list(ProvinceCoverage.objects.values()),
        ) == before
        call_command("sync_obc_coverage")
        assert dry[1:] == lines(capsys)

    def test_it_names_what_it_leaves_alone(self, unsynced: Country, capsys) -> None:
        MunicipalityCoverage.objects.filter(municipality=unsynced.baungon).update(auto_sync=False)
        call_command("sync_obc_coverage")
        assert "Kept: Baungon, Bukidnon (auto_sync is off)" in lines(capsys)
        assert MunicipalityCoverage.objects.get(municipality=unsynced.baungon).households == 1


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shape of the analysis without its sizes."""
    monkeypatch.setattr("communities.domain.performance.SIZES", (2, 30))
    monkeypatch.setattr("communities.domain.performance.COMPARED", (5, 20))


@pytest.mark.django_db
@pytest.mark.usefixtures("small")
class TestAnalyzeSyncPerformance:
    def test_it_measures_concludes_and_leaves_nothing(self, capsys) -> None:
        call_command("analyze_sync_performance", "--detailed")
        out = capsys.readouterr().out
        assert "CONSTANT" in out
        assert "aggregate of 29 sums" in out
        assert out.count("nothing found") == 6
        assert ["5", "4", "20"] in [
            [row.split("│")[i].strip() for i in (1, 2, 4)] for row in out.splitlines() if row.count("│") == 6
        ]
        assert not Region.objects.exists()

    def test_an_n_plus_1_is_found_out(self, monkeypatch, capsys) -> None:
        def one_by_one(touched: Touched, **arguments: Any) -> Any:
            for community in OBCCommunity.objects.all():
                community.refresh_from_db()
            return roll_up(touched, **arguments)

        monkeypatch.setattr("communities.domain.performance.roll_up", one_by_one)
        with pytest.raises(CommandError, match=r"N\+1"):
            call_command("analyze_sync_performance", "--detailed")
        assert "30 x SELECT" in capsys.readouterr().out.split("N+1 detection")[1]


class TestVerifyOptimizations:
    def test_a_right_database_passes(self, country: Country, capsys) -> None:
        country.community(country.baungon, households=1)
        call_command("verify_optimizations")
        assert [line[:3] for line in lines(capsys)] == ["ok:"] * 4

    def test_a_missing_record_fails(self, unsynced: Country) -> None:
        with pytest.raises(
            CommandError, match=r"no coverage for Damulog, Bukidnon; City of Iligan, Northern"
        ):
            call_command("verify_optimizations")

    def test_a_coverage_that_is_behind_fails_and_stays(self, country: Country) -> None:
        country.community(country.baungon, households=1)
        OBCCommunity.objects.update(households=2)
        with pytest.raises(CommandError, match=r"Coverage of Baungon holds .* run sync_obc_coverage"):
            call_command("verify_optimizations")
        assert MunicipalityCoverage.objects.get().households == 1

    def test_a_property_that_is_not_cached_fails(self, country: Country, monkeypatch) -> None:
        monkeypatch.setattr(
            MunicipalityCoverage, "province", property(lambda self: Municipality.objects.first())
        )
        with pytest.raises(CommandError, match=r"MunicipalityCoverage.province is no cached_property"):
            call_command("verify_optimizations")


class TestBenchCoverage:
    def test_it_says_what_to_do_first(self, db: None) -> None:
        with pytest.raises(CommandError, match="load_psgc"):
            call_command("bench_coverage")

    def test_it_shows_times_beside_the_statement_by_hand(self, country: Country, monkeypatch, capsys) -> None:
        monkeypatch.setattr("communities.domain.benchmark.COUNTRY", (5, 50))
        # The times are this machine's; the counts are ours.
        monkeypatch.setattr("communities.management.commands.bench_coverage.MEDIAN_MS_MAX", 10_000)
        country.community(country.baungon, households=1)
        call_command("bench_coverage", "--runs", "3")
        out = capsys.readouterr().out
        assert "by hand, one SELECT" in out
        assert "As promised." in out
        assert OBCCommunity.objects.count() == 1
        assert_coverages_are_right()


def test_the_page_on_coverage_shows_the_sql_that_runs(repository: Path) -> None:
    page = (repository / "docs" / "coverage-sync.md").read_text(encoding="utf-8")
    for name, sql in steps().items():
        assert name in page
        shown = fill(sql, WIDTH, initial_indent="  ", subsequent_indent="  ")
        assert shown in page, "run analyze_sync_performance --detailed and put what it says into the page"
