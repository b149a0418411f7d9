"""/api/schema describes what the API does, for anybody."""

import json

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

pytestmark = pytest.mark.django_db


def test_the_schema_names_every_path_without_a_slash_and_the_error(client: Client) -> None:
    answer = client.get("/api/schema", {"format": "json"})
    assert answer.status_code == 200
    schema = json.loads(answer.content)
    assert {"/api/auth/login", "/api/municipalities/{psgc_code}", "/api/communities/{id}"} <= set(
        schema["paths"]
    )
    responses = schema["paths"]["/api/communities"]["post"]["responses"]
    assert responses["default"]["content"]["application/json"]["schema"]["$ref"].endswith("/Error")
    parameters = schema["paths"]["/api/municipalities"]["get"]["parameters"]
    assert {"page", "limit", "cursor", "region", "search"} <= {parameter["name"] for parameter in parameters}


def test_the_docs_are_a_page(client: Client) -> None:
    page = client.get("/api/docs").content.decode()
    assert "swagger" in page
    assert "//cdn" not in page
    assert finders.find("drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js")
