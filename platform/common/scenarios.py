"""The operations that belong to no app: the API's own description, and the system API."""

from django.http import HttpResponse
from django.test import Client

from monitoring.scenarios import scenario

from . import system_scenarios  # noqa: F401  (declares its own)


def seed_nothing(n: int) -> None:
    """The description is of code, not of rows."""


@scenario("GET /api/schema", seed=seed_nothing, role="anonymous")
def schema(client: Client, world: None) -> HttpResponse:  # noqa: ARG001
    return client.get("/api/schema")


@scenario("GET /api/docs", seed=seed_nothing, role="anonymous")
def docs(client: Client, world: None) -> HttpResponse:  # noqa: ARG001
    return client.get("/api/docs")
