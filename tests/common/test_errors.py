"""Whatever goes wrong under /api is told in one shape."""

import pytest
from django.db import OperationalError
from django.test import Client
from rest_framework.exceptions import ValidationError

from common.errors import exception_handler


def test_an_unknown_path_is_json(client: Client) -> None:
    answer = client.get("/api/nothing")
    assert answer.status_code == 404
    error = answer.json()["error"]
    assert (error["code"], error["fields"]) == ("not_found", {})
    assert "/api/nothing" in error["message"]


def test_an_unknown_path_is_json_for_a_developer_too(client: Client, settings) -> None:
    settings.DEBUG = True
    assert client.get("/api/nothing").json()["error"]["code"] == "not_found"


def test_an_unknown_path_outside_the_api_stays_a_page(client: Client) -> None:
    assert client.get("/nothing")["Content-Type"].startswith("text/html")


@pytest.mark.django_db
def test_a_crash_is_json_and_says_where_to_look(client: Client, monkeypatch) -> None:
    monkeypatch.setattr("accounts.api.views.session_open", lambda **_: 1 / 0)
    client.raise_request_exception = False
    answer = client.post(
        "/api/auth/login", {"username": "a", "password": "b"}, content_type="application/json"
    )
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "server_error"
    assert answer["X-Request-ID"]


def test_a_missing_token_is_401(client: Client) -> None:
    answer = client.get("/api/regions")
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "not_authenticated"


@pytest.mark.parametrize(
    ("raised", "message"),
    [
        (ValidationError({"name": ["Too long."]}), "name: Too long."),
        (ValidationError("Wrong."), "Wrong."),
        (
            ValidationError([{}, {"households": ["Must not be negative."]}]),
            "households: Must not be negative.",
        ),
    ],
)
def test_the_message_names_the_first_fault(raised: ValidationError, message: str) -> None:
    response = exception_handler(raised, {})
    assert response.status_code == 400
    assert response.data["error"]["message"] == message


def test_a_database_that_does_not_answer_is_503() -> None:
    response = exception_handler(OperationalError("canceling statement due to statement timeout"), {})
    assert (response.status_code, response.data["error"]["code"]) == (503, "unavailable")
