"""/api/reports/coverage: lines that add up, as JSON and as CSV, streamed."""

import csv
import io
import json
from typing import Any

import pytest
from django.test import Client

from accounts.scenarios import client_for
from communities.models import MunicipalityCoverage, ProvinceCoverage
from monitoring.testing import recorded
from tests.communities.country import Country


@pytest.fixture
def covered(country: Country) -> Country:
    for number, unit in enumerate((country.baungon, country.damulog, country.kapatagan, country.iligan)):
        country.community(unit, households=10**number)
    return country


def report(**query: str) -> Any:
    return client_for("reader").get("/api/reports/coverage", query)


def lines_of(answer: Any) -> list[dict[str, Any]]:
    return json.loads(answer.getvalue())["data"]


def test_a_city_without_a_province_is_summed_straight_into_its_region(covered: Country) -> None:
    answer = report()
    assert answer.streaming
    lines = [(line["level"], line["name"], line["households"]) for line in lines_of(answer)]
    assert lines == [
        ("region", "Northern Mindanao", 1111),
        ("province", "Bukidnon", 11),
        ("municipality", "Baungon", 1),
        ("municipality", "Damulog", 10),
        ("province", "Lanao del Norte", 100),
        ("municipality", "Kapatagan", 100),
        ("municipality", "City of Iligan", 1000),
    ]
    region = lines_of(report())[0]
    assert (region["total_municipalities"], region["total_obc_communities"]) == (4, 4)


def test_deleted_coverages_are_out_and_kept_ones_count(covered: Country) -> None:
    MunicipalityCoverage.objects.get(municipality=covered.damulog).soft_delete()
    kept = ProvinceCoverage.objects.get(province=covered.lanao)
    kept.auto_sync, kept.households = False, 5
    kept.save()
    lines = {line["name"]: line["households"] for line in lines_of(report())}
    assert "Damulog" not in lines
    assert (lines["Northern Mindanao"], lines["Bukidnon"], lines["Lanao del Norte"]) == (1006, 1, 5)


def test_as_csv_of_one_region(covered: Country) -> None:
    answer = report(region="10", format="csv")
    assert answer["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode())))
    assert (len(rows), rows[0]["households"], rows[1]["province"]) == (7, "1111", "Bukidnon")


def test_a_region_that_is_not_there_is_400(covered: Country, client: Client) -> None:
    assert report(region="99").json()["error"]["fields"]["region"]
    assert report(region="99", format="csv").json()["error"]["fields"]["region"]
    assert client.get("/api/reports/coverage").status_code == 401


def test_an_empty_country_is_an_empty_report(country: Country) -> None:
    assert lines_of(report()) == []


def test_it_is_a_report_of_three_queries(covered: Country) -> None:
    with recorded() as operations:
        b"".join(report(region="10"))
    found = operations.named("GET /api/reports/coverage")[0]
    assert (found.operation_class, found.queries) == ("report", 3)
