"""The operations of communities and coverage, over n communities in one municipality and one in each of the
others.
"""

from dataclasses import dataclass

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from geography.models import Barangay, Municipality, Province
from geography.scenarios import Country, seed_country
from monitoring.scenarios import scenario

from .models import FIGURES, MunicipalityCoverage, OBCCommunity, ProvinceCoverage
from .tasks import resync_coverage
from .utils import sync_entire_hierarchy


@dataclass
class World:
    country: Country
    communities: list[OBCCommunity]

    @property
    def municipality(self) -> Municipality:
        """The one that has n communities."""
        return self.country.municipalities[0]

    @property
    def province(self) -> Province:
        """All municipalities lie in it."""
        return self.country.provinces[0]


def seed_communities(n: int) -> World:
    """n communities in the first municipality, one in each of n - 1 others of its province; rolled up."""
    country = seed_country(n)
    Municipality.objects.filter(pk__in=[m.pk for m in country.municipalities]).update(
        province=country.provinces[0], region=country.regions[0]
    )
    places = [country.barangays[0]] * (n - 1) + country.barangays
    communities = OBCCommunity.objects.bulk_create(_community(place, i) for i, place in enumerate(places))
    sync_entire_hierarchy()
    return World(country, communities)


def _community(place: Barangay, number: int) -> OBCCommunity:
    return OBCCommunity(barangay=place, name=f"Community {number}", **dict.fromkeys(FIGURES, number % 7))


@scenario("GET /api/communities", seed=seed_communities, role="reader")
def list_communities(client: Client, world: World) -> HttpResponse:  # noqa: ARG001
    return client.get("/api/communities", {"limit": 100})


@scenario("GET /api/communities/{id}", seed=seed_communities, role="reader")
def show_community(client: Client, world: World) -> HttpResponse:
    return client.get(f"/api/communities/{world.communities[0].pk}")


@scenario("POST /api/communities", seed=seed_communities, repeatable=True)
def create_community(client: Client, world: World) -> HttpResponse:
    body = {"barangay": world.country.barangays[0].psgc_code, "name": "New", "households": 12}
    return client.post("/api/communities", body, content_type="application/json")


@scenario("PUT /api/communities/{id}", seed=seed_communities, repeatable=True)
def replace_community(client: Client, world: World) -> HttpResponse:
    body = {"barangay": world.country.barangays[0].psgc_code, "name": "Renamed", "households": 12}
    return client.put(f"/api/communities/{world.communities[0].pk}", body, content_type="application/json")


@scenario("PATCH /api/communities/{id}", seed=seed_communities, repeatable=True)
def move_community(client: Client, world: World) -> HttpResponse:
    body = {"barangay": world.country.barangays[1].psgc_code}
    return client.patch(f"/api/communities/{world.communities[0].pk}", body, content_type="application/json")


@scenario("DELETE /api/communities/{id}", seed=seed_communities)
def delete_community(client: Client, world: World) -> HttpResponse:
    return client.delete(f"/api/communities/{world.communities[0].pk}")


@scenario("POST /api/communities/bulk", seed=seed_communities, repeatable=True)
def create_communities(client: Client, world: World) -> HttpResponse:
    rows = [{"barangay": place.psgc_code, "households": 3} for place in world.country.barangays]
    return client.post("/api/communities/bulk", rows, content_type="application/json")


@scenario("PATCH /api/communities/bulk", seed=seed_communities, repeatable=True)
def change_communities(client: Client, world: World) -> HttpResponse:
    place = world.country.barangays[-1].psgc_code
    rows = [{"id": community.pk, "barangay": place, "households": 4} for community in world.communities]
    return client.patch("/api/communities/bulk", rows, content_type="application/json")


@scenario("POST /api/communities/import", seed=seed_communities, repeatable=True)
def import_communities(client: Client, world: World) -> HttpResponse:
    rows = [f"{place.psgc_code},Kampung,7" for place in world.country.barangays]
    return client.post("/api/communities/import", "\n".join(["barangay,name,households", *rows]), "text/csv")


@scenario("GET /api/reports/coverage", seed=seed_communities, role="reader")
def report_coverage(client: Client, world: World) -> HttpResponse:  # noqa: ARG001
    return client.get("/api/reports/coverage")


@scenario("POST /api/coverage/sync", seed=seed_communities, repeatable=True)
def resync_in_a_worker(client: Client, world: World) -> HttpResponse:  # noqa: ARG001
    return client.post("/api/coverage/sync")


@scenario("communities.tasks.resync_coverage", seed=seed_communities, repeatable=True)
def resync(client: Client, world: World) -> None:  # noqa: ARG001
    resync_coverage.apply()


@scenario("POST /api/communities/{id}/restore", seed=seed_communities)
def restore_community(client: Client, world: World) -> HttpResponse:
    OBCCommunity.objects.filter(pk=world.communities[0].pk).update(deleted_at=timezone.now())
    return client.post(f"/api/communities/{world.communities[0].pk}/restore")


@scenario("GET /api/coverage/municipalities", seed=seed_communities, role="reader")
def list_municipality_coverages(client: Client, world: World) -> HttpResponse:  # noqa: ARG001
    return client.get("/api/coverage/municipalities", {"limit": 100})


@scenario("GET /api/coverage/municipalities/{psgc_code}", seed=seed_communities, role="reader")
def show_municipality_coverage(client: Client, world: World) -> HttpResponse:
    return client.get(f"/api/coverage/municipalities/{world.municipality.psgc_code}")


@scenario("POST /api/coverage/municipalities/{psgc_code}/sync", seed=seed_communities, repeatable=True)
def sync_municipality_coverage(client: Client, world: World) -> HttpResponse:
    return client.post(f"/api/coverage/municipalities/{world.municipality.psgc_code}/sync")


@scenario("GET /api/coverage/provinces", seed=seed_communities, role="reader")
def list_province_coverages(client: Client, world: World) -> HttpResponse:  # noqa: ARG001
    return client.get("/api/coverage/provinces", {"limit": 100})


@scenario("GET /api/coverage/provinces/{psgc_code}", seed=seed_communities, role="reader")
def show_province_coverage(client: Client, world: World) -> HttpResponse:
    return client.get(f"/api/coverage/provinces/{world.province.psgc_code}")


@scenario("POST /api/coverage/provinces/{psgc_code}/sync", seed=seed_communities, repeatable=True)
def sync_province_coverage(client: Client, world: World) -> HttpResponse:
    return client.post(f"/api/coverage/provinces/{world.province.psgc_code}/sync")


@scenario("coverage.sync_municipality", seed=seed_communities, repeatable=True)
def sync_municipality(client: Client, world: World) -> None:  # noqa: ARG001
    MunicipalityCoverage.sync_for_municipality(world.municipality)


@scenario("coverage.sync_province", seed=seed_communities, repeatable=True)
def sync_province(client: Client, world: World) -> None:  # noqa: ARG001
    ProvinceCoverage.sync_for_province(world.province)


@scenario("coverage.sync_hierarchy", seed=seed_communities, repeatable=True)
def sync_hierarchy(client: Client, world: World) -> None:  # noqa: ARG001
    sync_entire_hierarchy()
