"""The geography's operations, on a made-up country of n units of each level."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.test import Client

from monitoring.scenarios import scenario

from .models import Barangay, Municipality, Province, Region, folded


@dataclass
class Country:
    regions: list[Region]
    provinces: list[Province]
    municipalities: list[Municipality]
    barangays: list[Barangay]


def seed_country(n: int) -> Country:
    """n provinces, n municipalities and n barangays, each in one of the other kind, in up to 20 regions.

    Codes begin with 70 to 89, which no real region has, so that a seeded database can be seeded again.
    """
    regions = Region.objects.bulk_create(
        Region(code=f"{70 + i}", **_unit("Region", f"{70 + i}00000000")) for i in range(min(n, 20))
    )
    places = [(regions[i % len(regions)], i) for i in range(n)]
    provinces = Province.objects.bulk_create(
        Province(region=region, **_unit("Province", f"{region.code}{i:03}00000")) for region, i in places
    )
    municipalities = Municipality.objects.bulk_create(
        Municipality(
            region=region, province=provinces[i], **_unit("Municipality", f"{region.code}{i:03}01000")
        )
        for region, i in places
    )
    barangays = Barangay.objects.bulk_create(
        Barangay(
            municipality=municipalities[i], population_2020=i, **_unit("Niño", f"{region.code}{i:03}01001")
        )
        for region, i in places
    )
    return Country(regions, provinces, municipalities, barangays)


def _unit(name: str, code: str) -> dict[str, str]:
    name = f"{name} {code[:5]}"
    return {"name": name, "search_name": folded(name), "psgc_code": code}


@scenario("GET /api/regions", seed=seed_country, role="reader")
def list_regions(client: Client, world: Country) -> HttpResponse:  # noqa: ARG001
    return client.get("/api/regions", {"limit": 100})


@scenario("GET /api/provinces", seed=seed_country, role="reader")
def list_provinces(client: Client, world: Country) -> HttpResponse:  # noqa: ARG001
    return client.get("/api/provinces", {"limit": 100})


@scenario("GET /api/municipalities", seed=seed_country, role="reader")
def list_municipalities(client: Client, world: Country) -> HttpResponse:  # noqa: ARG001
    return client.get("/api/municipalities", {"limit": 100})


@scenario("GET /api/barangays", seed=seed_country, role="reader")
def list_barangays(client: Client, world: Country) -> HttpResponse:  # noqa: ARG001
    return client.get("/api/barangays", {"limit": 100})


@scenario("GET /api/regions/{psgc_code}", seed=seed_country, role="reader")
def show_region(client: Client, world: Country) -> HttpResponse:
    return client.get(f"/api/regions/{world.regions[0].psgc_code}")


@scenario("GET /api/provinces/{psgc_code}", seed=seed_country, role="reader")
def show_province(client: Client, world: Country) -> HttpResponse:
    return client.get(f"/api/provinces/{world.provinces[0].psgc_code}")


@scenario("GET /api/municipalities/{psgc_code}", seed=seed_country, role="reader")
def show_municipality(client: Client, world: Country) -> HttpResponse:
    return client.get(f"/api/municipalities/{world.municipalities[0].psgc_code}")


@scenario("GET /api/barangays/{psgc_code}", seed=seed_country, role="reader")
def show_barangay(client: Client, world: Country) -> HttpResponse:
    return client.get(f"/api/barangays/{world.barangays[0].psgc_code}")
