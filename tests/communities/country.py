"""A small country and communities in it."""

from typing import Any

from communities.models import FIGURES, MunicipalityCoverage, OBCCommunity, ProvinceCoverage
from geography.models import Barangay, Municipality, Province, Region


class Country:
    """Region X with two provinces of two municipalities of two barangays, and a city without a province."""

    def __init__(self) -> None:
        self.region = Region.objects.create(code="10", name="Northern Mindanao")
        self.bukidnon = Province.objects.create(psgc_code="1001300000", name="Bukidnon", region=self.region)
        self.lanao = Province.objects.create(
            psgc_code="1003500000", name="Lanao del Norte", region=self.region
        )
        self.baungon = self._municipality("1001301000", "Baungon", self.bukidnon)
        self.damulog = self._municipality("1001302000", "Damulog", self.bukidnon)
        self.kapatagan = self._municipality("1003501000", "Kapatagan", self.lanao)
        self.iligan = self._municipality("1030900000", "City of Iligan", None)
        self.barangays = list(Barangay.objects.order_by("psgc_code"))

    def _municipality(self, code: str, name: str, province: Province | None) -> Municipality:
        unit = Municipality.objects.create(psgc_code=code, name=name, province=province, region=self.region)
        for number in (1, 2):
            code = f"{unit.psgc_code[:7]}{number:03}"
            Barangay.objects.create(psgc_code=code, name=f"{name} {number}", municipality=unit)
        return unit

    def barangay(self, municipality: Municipality, number: int = 1) -> Barangay:
        return next(b for b in self.barangays if b.psgc_code == f"{municipality.psgc_code[:7]}{number:03}")

    def community(self, municipality: Municipality, number: int = 1, **values: Any) -> OBCCommunity:
        return OBCCommunity.objects.create(barangay=self.barangay(municipality, number), **values)


def expected_municipalities() -> dict[int, dict[str, Any]]:
    """What each municipality's coverage must say, summed in Python from the living communities."""
    sums: dict[int, dict[str, Any]] = {}
    for community in OBCCommunity.objects.select_related("barangay"):
        line = sums.setdefault(
            community.barangay.municipality_id,
            {"total_obc_communities": 0, "names": set(), **dict.fromkeys(FIGURES, 0)},
        )
        line["total_obc_communities"] += 1
        line["names"].add(community.barangay.name)
        for name in FIGURES:
            line[name] += getattr(community, name) or 0
    return sums


def assert_coverages_are_right() -> None:
    """Every living, automatic coverage equals a fresh sum, and none is missing."""
    wanted = expected_municipalities()
    living = {c.municipality_id: c for c in MunicipalityCoverage.objects.select_related("municipality")}
    deleted = set(
        MunicipalityCoverage.all_objects.filter(deleted_at__isnull=False).values_list(
            "municipality", flat=True
        )
    )
    assert wanted.keys() <= living.keys() | deleted
    empty = {"total_obc_communities": 0, "names": set(), **dict.fromkeys(FIGURES, 0)}
    for unit, coverage in living.items():
        if coverage.auto_sync:
            line = wanted.get(unit, empty)
            assert {name: getattr(coverage, name) for name in FIGURES} == {
                name: line[name] for name in FIGURES
            }
            assert coverage.total_obc_communities == line["total_obc_communities"]
            assert set(filter(None, coverage.key_barangays.split(", "))) == line["names"]
    _assert_provinces(list(living.values()))


def _assert_provinces(living: list[MunicipalityCoverage]) -> None:
    provinces = {c.province_id: c for c in ProvinceCoverage.objects.all()}
    deleted = set(
        ProvinceCoverage.all_objects.filter(deleted_at__isnull=False).values_list("province", flat=True)
    )
    below: dict[int, list[MunicipalityCoverage]] = {}
    for coverage in living:
        if coverage.municipality.province_id:
            below.setdefault(coverage.municipality.province_id, []).append(coverage)
    assert below.keys() <= provinces.keys() | deleted
    for unit, coverage in provinces.items():
        if coverage.auto_sync:
            parts = below.get(unit, [])
            for name in (*FIGURES, "total_obc_communities"):
                assert getattr(coverage, name) == sum(getattr(part, name) for part in parts), name
            assert coverage.total_municipalities == len(parts)
            assert coverage.key_municipalities == ", ".join(sorted(part.municipality.name for part in parts))
