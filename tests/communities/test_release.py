"""A later release moves units; communities and coverages stay, and the roll-ups follow."""

import pytest

from communities.models import MunicipalityCoverage, OBCCommunity, ProvinceCoverage
from geography.domain.loading import release_load
from geography.domain.release import Row
from geography.models import Barangay, Province
from tests.communities.country import assert_coverages_are_right


def rows(*units: tuple[str, str, str, str]) -> list[Row]:
    return [Row(number, *unit) for number, unit in enumerate(units, 2)]


REGIONS = (("0900000000", "Region IX", "Reg", ""), ("1900000000", "BARMM", "Reg", ""))
BEFORE = rows(
    *REGIONS,
    ("1906600000", "Sulu", "Prov", "1900000000"),
    ("1907000000", "Tawi-Tawi", "Prov", "1900000000"),
    ("1906601000", "Indanan", "Mun", "1906600000"),
    ("1906602000", "Jolo", "Mun", "1906600000"),
    ("1906601001", "Adjid", "Bgy", "1906601000"),
    ("1906601002", "Bangalan", "Bgy", "1906601000"),
    ("1906602001", "Alat", "Bgy", "1906602000"),
)
# Sulu is renumbered into Region IX, Jolo goes to Tawi-Tawi, Bangalan is listed no more.
AFTER = rows(
    *REGIONS,
    ("0906600000", "Sulu", "Prov", "0900000000"),
    ("1907000000", "Tawi-Tawi", "Prov", "1900000000"),
    ("0906601000", "Indanan", "Mun", "0906600000"),
    ("1907002000", "Jolo", "Mun", "1907000000"),
    ("0906601001", "Adjid", "Bgy", "0906601000"),
    ("1907002001", "Alat", "Bgy", "1907002000"),
)


def kept() -> list[set[int]]:
    return [set(model.objects.values_list("pk", flat=True)) for model in (OBCCommunity, MunicipalityCoverage)]


@pytest.mark.django_db
def test_the_roll_ups_move_with_their_units() -> None:
    release_load(rows=BEFORE)
    for place in Barangay.objects.all():
        OBCCommunity.objects.create(barangay=place, households=int(place.psgc_code[6:]))
    before = kept()
    report = release_load(rows=AFTER)
    assert sorted(change.name for change in report.moved) == ["Adjid", "Alat", "Indanan", "Jolo", "Sulu"]
    assert [change.name for change in report.gone] == ["Bangalan"]
    assert kept() == before
    assert_coverages_are_right()
    sulu, tawi = Province.objects.get(name="Sulu"), Province.objects.get(name="Tawi-Tawi")
    assert sulu.region.code == "09"
    assert ProvinceCoverage.objects.get(province=sulu).key_municipalities == "Indanan"
    assert ProvinceCoverage.objects.get(province=tawi).households == 2001
