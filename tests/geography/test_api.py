"""The geography's lists and details, as a client sees them."""

import pytest
from django.test import Client

from accounts.scenarios import client_for
from geography.models import Barangay, Municipality, Province, Region
from monitoring.testing import recorded

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader() -> Client:
    return client_for("reader")


@pytest.fixture
def country() -> None:
    north = Region.objects.create(code="10", name="Northern Mindanao")
    ncr = Region.objects.create(code="13", name="National Capital Region")
    province = Province.objects.create(psgc_code="1001300000", name="Bukidnon", region=north)
    baungon = Municipality.objects.create(psgc_code="1001301000", name="Baungon", province=province)
    pinas = Municipality.objects.create(
        psgc_code="1380200000", name="City of Las Piñas", region=ncr, kind="city"
    )
    for number in range(3):
        Barangay.objects.create(
            psgc_code=f"100130100{number}",
            name=f"Barangay {number}",
            municipality=baungon,
            population_2020=10 * number,
        )
    Barangay.objects.create(psgc_code="1380200001", name="Almanza Uno", municipality=pinas)
    Barangay.objects.create(psgc_code="1380200002", name="Gone", municipality=pinas, active=False)


def names(client: Client, path: str, **query: object) -> list[str]:
    answer = client.get(path, query)
    assert answer.status_code == 200, answer.content
    return [unit["name"] for unit in answer.json()["data"]]


@pytest.mark.usefixtures("country")
class TestLists:
    def test_shape(self, reader: Client) -> None:
        body = reader.get("/api/municipalities").json()
        assert {key: body[key] for key in ("page", "limit", "total")} == {"page": 1, "limit": 50, "total": 2}
        assert body["data"][0] == {
            "psgc_code": "1001301000",
            "name": "Baungon",
            "old_name": "",
            "kind": "municipality",
            "city_class": "",
            "income_class": "",
            "region": {"psgc_code": "1000000000", "code": "10", "name": "Northern Mindanao"},
            "province": {"psgc_code": "1001300000", "name": "Bukidnon"},
        }
        assert body["data"][1]["province"] is None

    def test_filters(self, reader: Client) -> None:
        assert names(reader, "/api/regions", code="13") == ["National Capital Region"]
        assert names(reader, "/api/provinces", region="10") == ["Bukidnon"]
        assert names(reader, "/api/provinces", region="1300000000") == []
        assert names(reader, "/api/municipalities", region="13") == ["City of Las Piñas"]
        assert names(reader, "/api/municipalities", province="1001300000") == ["Baungon"]
        assert names(reader, "/api/municipalities", without_province="true") == ["City of Las Piñas"]
        assert names(reader, "/api/municipalities", kind="city") == ["City of Las Piñas"]
        assert names(reader, "/api/barangays", municipality="1380200000") == ["Almanza Uno"]
        assert len(names(reader, "/api/barangays", province="1001300000")) == 3

    def test_a_search_needs_no_accent(self, reader: Client) -> None:
        assert names(reader, "/api/municipalities", search="PINAS") == ["City of Las Piñas"]
        assert names(reader, "/api/municipalities", search="piñas") == ["City of Las Piñas"]

    def test_pages(self, reader: Client) -> None:
        assert names(reader, "/api/barangays", page=2, limit=3) == ["Almanza Uno"]
        beyond = reader.get("/api/barangays", {"page": 3, "limit": 3})
        assert beyond.status_code == 404
        assert "the last page is 2" in beyond.json()["error"]["message"]

    def test_keyset(self, reader: Client) -> None:
        seen, link = [], "/api/barangays?cursor=&limit=3"
        with recorded() as operations:
            while link:
                body = reader.get(link).json()
                assert set(body) == {"data", "limit", "next", "previous"}
                seen += [unit["name"] for unit in body["data"]]
                link = body["next"]
        assert seen == ["Barangay 0", "Barangay 1", "Barangay 2", "Almanza Uno"]
        assert [operation.queries for operation in operations.named("GET /api/barangays")] == [2, 2]

    @pytest.mark.parametrize(
        "query",
        ["limit=101", "limit=0", "limit=x", "limit=-1", "page=0", "page=1.5", "kind=village", "search=%00"],
    )  # fmt: skip
    def test_bad_queries_are_400(self, reader: Client, query: str) -> None:
        answer = reader.get(f"/api/municipalities?{query}")
        assert answer.status_code == 400
        assert answer.json()["error"]["message"]

    def test_a_false_cursor_is_404(self, reader: Client) -> None:
        assert reader.get("/api/municipalities?cursor=abc").json()["error"]["code"] == "not_found"

    def test_a_page_that_is_no_number_of_this_world(self, reader: Client) -> None:
        assert reader.get("/api/regions", {"page": 10**17}).status_code == 404

    def test_an_etag_saves_the_body(self, reader: Client) -> None:
        first = reader.get("/api/regions")
        again = reader.get("/api/regions", headers={"if-none-match": first["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        Region.objects.create(code="11", name="Davao Region")
        assert reader.get("/api/regions", headers={"if-none-match": first["ETag"]}).status_code == 200


@pytest.mark.usefixtures("country")
def test_a_detail_sums_the_people_of_its_barangays(reader: Client) -> None:
    assert reader.get("/api/municipalities/1001301000").json()["population_2020"] == 30
    assert reader.get("/api/provinces/1001300000").json()["barangay_count"] == 3
    assert reader.get("/api/regions/1300000000").json()["population_2020"] is None
    assert reader.get("/api/regions/1300000000").json()["barangay_count"] == 1
    assert reader.get("/api/barangays/1380200001").json()["municipality"]["name"] == "City of Las Piñas"


@pytest.mark.usefixtures("country")
@pytest.mark.parametrize(
    "path", ["regions/9999999999", "regions/12", "municipalities/x", "barangays/1380200002"]
)
def test_what_is_not_there_is_404(reader: Client, path: str) -> None:
    answer = reader.get(f"/api/{path}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.usefixtures("country")
def test_nobody_writes_geography_by_the_api(reader: Client) -> None:
    answer = reader.post("/api/regions", {}, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "method_not_allowed")


def test_the_query_count_does_not_follow_the_size() -> None:
    from geography.scenarios import seed_country

    client = client_for("reader")
    seed_country(40)
    with recorded() as operations:
        for path in ("regions", "provinces", "municipalities", "barangays"):
            client.get(f"/api/{path}", {"limit": 100})
    assert [operation.queries for operation in operations] == [3, 3, 3, 3]
    assert all(operation.duplicates == 0 and not operation.nplusone for operation in operations)
