"""Many communities at once: bulk create and update, and the CSV import. All or none."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from accounts.scenarios import client_for
from communities.models import OBCCommunity
from geography.models import Barangay, Municipality, Region
from monitoring.testing import recorded
from tests.communities.country import Country, assert_coverages_are_right

JSON = "application/json"


@pytest.fixture
def admin() -> Client:
    return client_for("admin")


def fields(answer: Any, status: int = 400) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert not OBCCommunity.objects.filter(name="new").exists()
    return answer.json()["error"]["fields"]


def rows(country: Country, count: int, **values: Any) -> list[dict[str, Any]]:
    return [{"barangay": country.barangays[i % 8].psgc_code, "households": 1, **values} for i in range(count)]


class TestCreate:
    @pytest.mark.parametrize("count", [8, 1000])
    def test_queries_do_not_follow_the_length(self, country: Country, admin: Client, count: int) -> None:
        with recorded() as operations:
            answer = admin.post("/api/communities/bulk", rows(country, count), content_type=JSON)
        assert (answer.status_code, answer.json()["count"], len(answer.json()["ids"])) == (201, count, count)
        assert operations[-1].queries == 7
        assert len(operations.named("coverage.sync_municipality")) == 1
        assert_coverages_are_right()

    def test_faults_are_named_by_row_and_nothing_is_entered(self, country: Country, admin: Client) -> None:
        body = rows(country, 4, name="new")
        body[1]["households"], body[3]["women_count"] = -1, "x"
        faults = fields(admin.post("/api/communities/bulk", body, content_type=JSON))
        assert {index: list(fault) for index, fault in faults.items()} == {
            "1": ["households"],
            "3": ["women_count"],
        }
        body = [*rows(country, 2, name="new"), {"barangay": "9999999999", "name": "new"}]
        assert (
            "9999999999"
            in fields(admin.post("/api/communities/bulk", body, content_type=JSON))["barangay"][0]
        )

    @pytest.mark.parametrize("body", ["[]", "{}", "[1]", "null", '"x"'])
    def test_what_is_no_list_of_rows_is_400(self, country: Country, admin: Client, body: str) -> None:
        fields(admin.post("/api/communities/bulk", body, content_type=JSON))

    def test_a_thousand_and_one_is_400(self, country: Country, admin: Client) -> None:
        fields(admin.post("/api/communities/bulk", rows(country, 1001), content_type=JSON))

    def test_staff_stay_in_their_regions(self, country: Country) -> None:
        staff = client_for("staff")
        fields(staff.post("/api/communities/bulk", rows(country, 2, name="new"), content_type=JSON), 403)
        country.region.staff.add(User.objects.get(username="scenario-staff"))
        assert staff.post("/api/communities/bulk", rows(country, 2), content_type=JSON).status_code == 201
        region = Region.objects.create(code="11", name="Davao Region")
        city = Municipality.objects.create(psgc_code="1130700000", name="City of Davao", region=region)
        Barangay.objects.create(psgc_code="1130700001", name="Baguio", municipality=city)
        body = [*rows(country, 2, name="new"), {"barangay": "1130700001"}]
        fields(staff.post("/api/communities/bulk", body, content_type=JSON), 403)


class TestUpdate:
    @pytest.mark.parametrize("count", [8, 400])
    def test_each_row_changes_what_it_names(self, country: Country, admin: Client, count: int) -> None:
        admin.post("/api/communities/bulk", rows(country, count, name="kept"), content_type=JSON)
        ids = list(OBCCommunity.objects.order_by("pk").values_list("pk", flat=True))
        body = [{"id": ids[0], "barangay": "1003501002"}] + [{"id": pk, "households": 9} for pk in ids[1:]]
        with recorded() as operations:
            answer = admin.patch("/api/communities/bulk", body, content_type=JSON)
        assert (answer.status_code, answer.json()["count"]) == (200, count)
        assert operations[-1].queries == 8
        first, second = OBCCommunity.objects.order_by("pk")[:2]
        assert (first.households, first.barangay.psgc_code, first.name) == (1, "1003501002", "kept")
        assert (second.households, second.updated_by.username) == (9, "scenario-admin")
        assert first.created_at < first.updated_at
        assert_coverages_are_right()

    def test_faults(self, country: Country, admin: Client) -> None:
        one = country.community(country.baungon, name="old")
        gone = country.community(country.baungon).soft_delete()

        def patch(*body: Any) -> dict[str, Any]:
            return fields(admin.patch("/api/communities/bulk", body, content_type=JSON))

        assert patch({"id": one.pk, "name": "new"}, {"name": "new"}) == {
            "1": {"id": ["This field is required."]}
        }
        assert f"{gone.pk}" in patch({"id": one.pk, "name": "new"}, {"id": gone.pk})["id"][0]
        assert patch({"id": one.pk, "name": "new"}, {"id": one.pk, "name": "new"})["id"]
        assert patch({"id": one.pk, "households": -2})["0"]["households"]


class TestImport:
    HEADER = "barangay,name,households,latitude\n"

    def send(self, client: Client, body: str | bytes) -> Any:
        return client.post("/api/communities/import", body, content_type="text/csv")

    def test_an_empty_cell_is_unknown(self, country: Country, admin: Client) -> None:
        answer = self.send(admin, self.HEADER + '1001301001,"Niño, the first",12,8.3\n1030900001,,,\n')
        assert (answer.status_code, answer.json()["count"]) == (201, 2)
        first, second = OBCCommunity.objects.order_by("pk")
        assert (first.name, first.households, second.households) == ("Niño, the first", 12, None)
        assert_coverages_are_right()

    def test_as_a_form(self, country: Country, admin: Client) -> None:
        file = SimpleUploadedFile("a.csv", b"\xef\xbb\xbfbarangay\n1001301001\n")
        assert admin.post("/api/communities/import", {"file": file}).status_code == 201

    def test_each_wrong_line_is_named_and_nothing_is_entered(self, country: Country, admin: Client) -> None:
        body = self.HEADER + "1001301001,new,1,\n1001301001,new,-1,99\n12,new,x,\n1001301001,new\n"
        faults = fields(self.send(admin, body))
        assert {line: sorted(fault) for line, fault in faults.items()} == {
            "line 3": ["households", "latitude"],
            "line 4": ["barangay", "households"],
            "line 5": ["columns"],
        }

    @pytest.mark.parametrize(
        ("body", "said"),
        [
            (b"", "Send the CSV"),
            (b"barangay,colour\n1,2\n", "'colour'"),
            (b"barangay\n", "no row"),
            (b"barangay,name\n1001301001,\xff\n", "UTF-8"),
            (b'barangay,name\n1001301001,"open\n', "not CSV"),
            (b"barangay\n" + b"1001301001\n" * 10_001, "10000 rows"),
        ],
    )
    def test_what_is_no_import_says_why(
        self, country: Country, admin: Client, body: bytes, said: str
    ) -> None:
        assert said in str(fields(self.send(admin, body)))

    def test_a_form_without_the_file_and_json_are_refused(self, country: Country, admin: Client) -> None:
        fields(admin.post("/api/communities/import", {"other": "x"}))
        assert admin.post("/api/communities/import", {}, content_type=JSON).status_code == 415
