"""load_psgc on the real country: what the package ships, and PSA's file where it is at hand."""

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Sum

from geography.domain.loading import release_load
from geography.domain.release import packaged_path, read_csv, read_packaged
from geography.models import Barangay, Municipality, Province, Region, SubMunicipality
from monitoring import operation
from monitoring.record import Operation

PSA = settings.BASE_DIR.parent / "shared" / "data" / "psgc.csv.gz"
COLUMNS = ["psgc_code", "name", "level", "parent_code", "correspondence_code", "pop_2020"]
SMALL = [
    ["0900000000", "Region IX", "Reg", "", "090000000", ""],
    ["1900000000", "BARMM", "Reg", "", "150000000", ""],
    ["1906600000", "Sulu", "Prov", "1900000000", "156600000", ""],
    ["1906601000", "Indanan", "Mun", "1906600000", "156601000", ""],
    ["1906601001", "Adjid", "Bgy", "1906601000", "156601001", "100"],
    ["1906601002", "Bangalan", "Bgy", "1906601000", "156601002", ""],
]

pytestmark = pytest.mark.django_db


def write(path: Path, rows: list[list[str]], columns: list[str] = COLUMNS) -> Path:
    with path.open("w", newline="", encoding="utf-8") as text:
        csv.writer(text).writerows([columns, *rows])
    return path


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return write(tmp_path / "small.csv", SMALL)


def renumbered(rows: list[list[str]]) -> list[list[str]]:
    """Sulu as in 2025: in Region IX, with new codes throughout."""
    return [
        [
            code.replace("19066", "09066"),
            name,
            level,
            "0900000000" if level == "Prov" else parent.replace("19066", "09066"),
            *rest,
        ]
        for code, name, level, parent, *rest in rows
    ]


def counts() -> dict[str, int]:
    models = (Region, Province, Municipality, SubMunicipality, Barangay)
    return {model.__name__: model.objects.filter(active=True).count() for model in models}


def test_without_a_file_the_packaged_country_is_loaded(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_psgc")
    assert counts() == {
        "Region": 18,
        "Province": 82,
        "Municipality": 1642,
        "SubMunicipality": 14,
        "Barangay": 42011,
    }
    assert "43769 units" in capsys.readouterr().out
    assert Region.objects.get(code="12").psgc_code == "1200000000"
    isabela = Municipality.objects.get(name="City of Isabela")
    assert (isabela.province, isabela.region.code) == (None, "09")


@pytest.fixture(scope="class")
def first(django_db_setup: None, django_db_blocker: Any) -> Iterator[Operation]:
    """The country, loaded once for a class in a transaction of its own that is rolled back; what the load
    cost.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        with operation("test") as record:
            release_load(rows=read_csv(PSA))
        yield record
        transaction.set_rollback(True)


@pytest.mark.usefixtures("first")
@pytest.mark.skipif(not PSA.exists(), reason="PSA's file is not at ../shared/data")
class TestTheWholeCountry:
    def test_every_unit_is_there(self) -> None:
        assert counts() == {
            "Region": 18,
            "Province": 82,
            "Municipality": 1642,
            "SubMunicipality": 14,
            "Barangay": 42010,
        }
        assert Municipality.objects.filter(kind="city").count() == 149
        assert Barangay.objects.filter(psgc_code__startswith="0").count() > 28_000

    def test_barangays_sum_to_the_published_country(self) -> None:
        total = Region.objects.aggregate(
            y2020=Sum("municipalities__barangays__population_2020"),
            y2024=Sum("municipalities__barangays__population_2024"),
        )
        assert total == {"y2020": 109_032_084, "y2024": 112_727_139}
        assert Barangay.objects.filter(municipality__province__isnull=True).count() == 3133

    def test_manilas_barangays_are_the_citys(self) -> None:
        manila = Municipality.objects.get(name="City of Manila")
        assert manila.barangays.count() == 897
        assert manila.barangays.filter(sub_municipality__isnull=False).count() == 897
        assert manila.sub_municipalities.count() == 14

    def test_units_without_a_province(self) -> None:
        assert not Province.objects.filter(region__code="13").exists()
        assert Municipality.objects.filter(city_class="HUC", province__isnull=True).count() == 33
        special = Municipality.objects.filter(psgc_code__startswith="19999")
        assert special.count() == 8
        assert not special.filter(province__isnull=False).exists()
        assert Barangay.objects.filter(municipality__in=special).count() == 63

    def test_isabela_city_is_not_in_isabela_province(self) -> None:
        city, province = (
            Municipality.objects.get(name="City of Isabela"),
            Province.objects.get(name="Isabela"),
        )
        assert (city.province, city.region.code, province.region.code) == (None, "09", "02")

    def test_unknown_population_is_not_zero(self) -> None:
        assert Barangay.objects.filter(population_2020__isnull=True).exists()
        assert Barangay.objects.filter(population_2015__isnull=True).count() == 1822

    def test_names_keep_their_letters_and_are_found_without_them(self) -> None:
        assert Municipality.objects.get(search_name="city of las pinas").name == "City of Las Piñas"
        assert Barangay.objects.filter(name="Poblacion").count() == 606

    def test_queries_do_not_follow_the_size(self, first: Operation) -> None:
        assert first.queries <= 30

    def test_a_second_load_changes_nothing(self) -> None:
        report = release_load(rows=read_csv(PSA))
        assert not report.changed

    def test_the_package_keeps_the_populations(self) -> None:
        with transaction.atomic():
            report = release_load(rows=read_packaged(packaged_path()))
            assert (len(report.new), len(report.gone), len(report.moved)) == (1, 0, 0)
            assert Barangay.objects.aggregate(y=Sum("population_2024"))["y"] == 112_727_139
            transaction.set_rollback(True)


def test_sulus_move_of_2025_in_the_packages_own_releases() -> None:
    old = packaged_path().parent / "2025-07-08" / "barangay_flat.json"
    release_load(rows=read_packaged(old))
    sulu = Province.objects.get(name="Sulu")
    barangays = set(Barangay.objects.filter(municipality__province=sulu).values_list("pk", flat=True))
    report = release_load(rows=read_packaged(packaged_path()))
    moved = Province.objects.get(pk=sulu.pk)
    assert (sulu.psgc_code, moved.psgc_code, moved.region.code) == ("1906600000", "0906600000", "09")
    assert (
        set(Barangay.objects.filter(municipality__province=moved).values_list("pk", flat=True)) == barangays
    )
    assert (len(report.moved), report.new, report.gone, report.unmatched) == (430, [], [], [])


def test_a_renumbered_unit_is_known_by_its_older_code(small: Path, tmp_path: Path) -> None:
    call_command("load_psgc", small)
    before = dict(Barangay.objects.values_list("name", "pk"))
    later = renumbered(SMALL)
    later[4][1] = "Adjid Poblacion"
    report = release_load(rows=read_csv(write(tmp_path / "later.csv", later)))
    assert Barangay.objects.get(psgc_code="0906601001").pk == before["Adjid"]
    assert Municipality.objects.get(name="Indanan").region.code == "09"
    assert (len(report.moved), report.new, report.gone) == (4, [], [])


def test_two_units_may_trade_codes(small: Path, tmp_path: Path) -> None:
    call_command("load_psgc", small)
    before = dict(Barangay.objects.values_list("name", "pk"))
    swapped = [list(row) for row in SMALL]
    swapped[4][0], swapped[5][0] = swapped[5][0], swapped[4][0]
    release_load(rows=read_csv(write(tmp_path / "later.csv", swapped)))
    assert dict(Barangay.objects.values_list("psgc_code", "pk")) == {
        "1906601002": before["Adjid"],
        "1906601001": before["Bangalan"],
    }


def test_what_left_and_what_may_be_the_same_are_told_apart(small: Path, tmp_path: Path, capsys) -> None:
    release_load(rows=read_csv(small))
    elsewhere = ["1906602000", "Jolo", "Mun", "1906600000", "156602000", ""]
    namesake = ["1906602001", "Bangalan", "Bgy", "1906602000", "", ""]
    call_command("load_psgc", write(tmp_path / "later.csv", [*SMALL[:4], elsewhere, namesake]))
    out = capsys.readouterr().out
    assert "2 new" in out
    assert "barangay Adjid (1906601001)" in out.split("Gone")[1].split("Unmatched")[0]
    assert "barangay Bangalan (1906601002)" in out.split("Unmatched")[1]
    assert not Barangay.objects.get(psgc_code="1906601001").active


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (
            ["190660100", "Short", "Bgy", "1906601000", "", ""],
            "line 8: psgc_code '190660100' is not ten digits",
        ),
        (["1906601003", "", "Bgy", "1906601000", "", ""], "line 8: 1906601003 needs a name"),
        (["1906601003", "X", "Town", "1906601000", "", ""], "line 8: level 'Town'"),
        (
            ["1906601003", "X", "Bgy", "1906609000", "", ""],
            "line 8: X's parent 1906609000 is not in the release",
        ),
        (["1906601003", "X", "Bgy", "1906600000", "", ""], "line 8: X (Bgy) needs a parent of"),
        (["1906601003", "X", "Bgy", "1906601000", "", "-5"], "line 8: pop_2020 '-5' is not a number"),
        (["1906601001", "X", "Bgy", "1906601000", "", ""], "line 8: the code 1906601001 stands in line 6"),
        (["1906601003", "X", "Bgy", "1906601000"], "line 8: 4 columns instead of 6"),
    ],
)
def test_a_broken_row_stops_it_with_its_line_and_nothing_changed(
    tmp_path: Path, row: list[str], complaint: str
) -> None:
    with pytest.raises(CommandError) as caught:
        call_command("load_psgc", write(tmp_path / "broken.csv", [*SMALL, row]))
    assert complaint in str(caught.value)
    assert not Region.objects.exists()


def test_a_file_that_is_no_release_is_refused(small: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="psgc_code"):
        call_command("load_psgc", write(tmp_path / "other.csv", [["1"]], ["id"]))
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("load_psgc", tmp_path / "missing.csv")
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(gzip.compress(small.read_bytes())[:-12])
    with pytest.raises(CommandError, match="broken"):
        call_command("load_psgc", cut)
