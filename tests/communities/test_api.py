"""/api/communities and /api/coverage, as readers, staff with regions and administrators know them."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.scenarios import client_for
from communities.models import FIGURES, MunicipalityCoverage, OBCCommunity, ProvinceCoverage
from geography.models import Barangay, Municipality, Region
from monitoring.testing import recorded
from tests.communities.country import Country, assert_coverages_are_right

JSON = "application/json"


@pytest.fixture
def admin() -> Client:
    return client_for("admin")


@pytest.fixture
def staff(country: Country) -> Client:
    """Serves region X and no other."""
    client = client_for("staff")
    country.region.staff.add(User.objects.get(username="scenario-staff"))
    return client


@pytest.fixture
def elsewhere(country: Country) -> Barangay:
    region = Region.objects.create(code="11", name="Davao Region")
    davao = Municipality.objects.create(psgc_code="1130700000", name="City of Davao", region=region)
    return Barangay.objects.create(psgc_code="1130700001", name="Baguio", municipality=davao)


def error(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    return answer.json()["error"]


class TestWriting:
    def test_staff_enter_change_and_delete(self, country: Country, staff: Client) -> None:
        body = {"barangay": "1001301001", "name": "Kampung", "households": 12, "latitude": "8.312345"}
        answer = staff.post("/api/communities", body, content_type=JSON)
        assert answer.status_code == 201
        made = answer.json()
        assert made["municipality"] == {"psgc_code": "1001301000", "name": "Baungon"}
        assert made["region"]["code"] == "10"
        assert (made["households"], made["women_count"]) == (12, None)
        assert OBCCommunity.objects.get().created_by.username == "scenario-staff"
        assert staff.get(f"/api/communities/{made['id']}").json() == made
        moved = staff.patch(f"/api/communities/{made['id']}", {"barangay": "1003501001"}, content_type=JSON)
        assert (moved.json()["province"]["name"], moved.json()["households"]) == ("Lanao del Norte", 12)
        assert_coverages_are_right()
        assert staff.delete(f"/api/communities/{made['id']}").status_code == 204
        error(staff.get(f"/api/communities/{made['id']}"), 404)
        assert OBCCommunity.all_objects.get().deleted_by.username == "scenario-staff"
        assert_coverages_are_right()
        assert staff.post(f"/api/communities/{made['id']}/restore").json()["households"] == 12
        assert staff.get(f"/api/communities/{made['id']}").status_code == 200
        assert_coverages_are_right()

    def test_put_writes_a_whole_community(self, country: Country, admin: Client) -> None:
        made = country.community(country.baungon, households=3)
        assert (
            "barangay"
            in error(admin.put(f"/api/communities/{made.pk}", {}, content_type=JSON), 400)["fields"]
        )
        answer = admin.put(
            f"/api/communities/{made.pk}", {"barangay": "1001301002", "name": "N"}, content_type=JSON
        )
        assert answer.json()["barangay"]["psgc_code"] == "1001301002"

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("households", -1),
            ("households", 2**31),
            ("households", "many"),
            ("latitude", 91),
            ("longitude", "181"),
            ("latitude", "NaN"),
            ("settlement_type", "castle"),
            ("barangay", "9999999999"),
            ("barangay", "12"),
            ("barangay", None),
            ("name", "a\x00"),
            ("name", "x" * 201),
        ],
    )
    def test_a_bad_value_is_400_and_named(
        self, country: Country, admin: Client, field: str, value: Any
    ) -> None:
        body = {"barangay": "1001301001", field: value}
        fault = error(admin.post("/api/communities", body, content_type=JSON), 400)
        assert list(fault["fields"]) == [field]
        assert fault["message"].startswith(f"{field}: ")

    def test_readers_read(self, country: Country) -> None:
        reader = client_for("reader")
        made = country.community(country.baungon)
        assert (
            error(reader.post("/api/communities", {}, content_type=JSON), 403)["code"] == "permission_denied"
        )
        error(reader.delete(f"/api/communities/{made.pk}"), 403)
        error(reader.post("/api/coverage/municipalities/1001301000/sync"), 403)
        assert reader.get(f"/api/communities/{made.pk}").status_code == 200

    def test_staff_stay_in_their_regions(self, country: Country, staff: Client, elsewhere: Barangay) -> None:
        there = OBCCommunity.objects.create(barangay=elsewhere)
        here = country.community(country.baungon)
        body = {"barangay": elsewhere.psgc_code}
        assert (
            "Davao Region" in error(staff.post("/api/communities", body, content_type=JSON), 403)["message"]
        )
        error(staff.patch(f"/api/communities/{here.pk}", body, content_type=JSON), 403)
        error(staff.patch(f"/api/communities/{there.pk}", {"name": "Mine"}, content_type=JSON), 403)
        error(staff.delete(f"/api/communities/{there.pk}"), 403)
        error(staff.post("/api/coverage/municipalities/1130700000/sync"), 403)
        assert client_for("admin").delete(f"/api/communities/{there.pk}").status_code == 204


class TestReading:
    def test_filters(self, country: Country, admin: Client) -> None:
        country.community(country.baungon, name="Kampung Laut", settlement_type="coastal")
        country.community(country.kapatagan, other_names="Laut")
        country.community(country.iligan).soft_delete()

        def count(**query: str) -> int:
            return admin.get("/api/communities", query).json()["total"]

        assert (count(), count(search="LAUT"), count(settlement_type="coastal")) == (2, 2, 1)
        assert (count(region="10"), count(province="1001300000"), count(municipality="1003501000")) == (
            2,
            1,
            1,
        )
        assert count(barangay="1001301001") == 1

    def test_a_cursor_of_another_list_is_404(self, country: Country, admin: Client) -> None:
        error(admin.get("/api/communities?cursor=cD1hYmM%3D"), 404)

    def test_an_id_beyond_the_database_is_404(self, country: Country, admin: Client) -> None:
        error(admin.get(f"/api/communities/{10**30}"), 404)


class TestCoverage:
    def test_lists_and_details(self, country: Country, admin: Client) -> None:
        country.community(country.baungon, households=3)
        country.community(country.iligan, households=4)
        listed = admin.get("/api/coverage/municipalities").json()
        assert [(c["psgc_code"], c["households"]) for c in listed["data"]] == [
            ("1001301000", 3),
            ("1030900000", 4),
        ]
        assert set(FIGURES) <= set(listed["data"][0])
        assert admin.get("/api/coverage/municipalities", {"search": "ILIG"}).json()["total"] == 1
        assert admin.get("/api/coverage/municipalities", {"province": "1001300000"}).json()["total"] == 1
        one = admin.get("/api/coverage/municipalities/1030900000").json()
        assert (one["name"], one["province"], one["region"]["code"]) == ("City of Iligan", None, "10")
        province = admin.get("/api/coverage/provinces/1001300000").json()
        assert (province["households"], province["total_municipalities"]) == (3, 1)
        assert admin.get("/api/coverage/provinces", {"region": "10"}).json()["total"] == 1
        error(admin.get("/api/coverage/municipalities/1001302000"), 404)

    def test_sync_makes_and_corrects(self, country: Country, staff: Client) -> None:
        country.community(country.baungon, households=3)
        OBCCommunity.objects.update(households=8)
        answer = staff.post("/api/coverage/municipalities/1001301000/sync")
        assert (answer.status_code, answer.json()["households"]) == (200, 8)
        assert ProvinceCoverage.objects.get().households == 8
        assert staff.post("/api/coverage/municipalities/1001302000/sync").json()["total_obc_communities"] == 0
        assert staff.post("/api/coverage/provinces/1001300000/sync").json()["total_municipalities"] == 2
        error(staff.post("/api/coverage/provinces/9999999999/sync"), 404)
        MunicipalityCoverage.objects.get(municipality=country.baungon).soft_delete()
        assert error(staff.post("/api/coverage/municipalities/1001301000/sync"), 409)["code"] == "conflict"

    def test_its_class_is_sync(self, country: Country, admin: Client) -> None:
        with recorded() as operations:
            admin.post("/api/coverage/municipalities/1001301000/sync")
        request = operations.named("POST /api/coverage/municipalities/{psgc_code}/sync")[0]
        assert (request.operation_class, request.duplicates) == ("sync", 0)
