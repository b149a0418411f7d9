"""/api/auth: what a client gets, and what it is told when it is wrong."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Role, User

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture
def person() -> User:
    return User.objects.create_user("maria", password=PASSWORD, role=Role.STAFF)


def post(client: Client, path: str, body: Any) -> Any:
    return client.post(f"/api/auth/{path}", body, content_type="application/json")


def login(client: Client) -> dict[str, Any]:
    return post(client, "login", {"username": "maria", "password": PASSWORD}).json()


def test_login_gives_token_refresh_user_and_role(client: Client, person: User) -> None:
    session = login(client)
    assert set(session) == {"token", "refresh", "user", "role"}
    assert (session["role"], session["user"]["username"], session["user"]["id"]) == (
        "staff",
        "maria",
        person.pk,
    )
    profile = client.get("/api/auth/profile", headers={"authorization": f"Bearer {session['token']}"})
    assert profile.json() == {"user": session["user"], "role": "staff"}


def test_a_path_with_a_slash_is_the_same(client: Client, person: User) -> None:
    assert post(client, "login/", {"username": "maria", "password": PASSWORD}).status_code == 200


@pytest.mark.parametrize(
    "body", [{"username": "maria", "password": "wrong"}, {"username": "nobody", "password": PASSWORD}]
)
def test_wrong_credentials_are_401(client: Client, person: User, body: dict[str, str]) -> None:
    answer = post(client, "login", body)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "no_active_account"
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_locked_user_cannot_log_in(client: Client, person: User) -> None:
    User.objects.update(is_active=False)
    assert post(client, "login", {"username": "maria", "password": PASSWORD}).status_code == 401


@pytest.mark.parametrize(
    "body",
    ["{", "[]", "7", '{"username": "maria"}', '{"username": {}, "password": []}',
     '{"username": "a\\u0000", "password": "b"}', '{"username": "\\ud800", "password": "b"}'],
)  # fmt: skip
def test_a_bad_body_is_400(client: Client, body: str) -> None:
    answer = post(client, "login", body)
    assert answer.status_code == 400
    assert set(answer.json()["error"]) == {"code", "message", "fields"}


def test_a_refresh_token_works_once(client: Client, person: User) -> None:
    first = login(client)
    second = post(client, "refresh", {"refresh": first["refresh"]})
    assert second.status_code == 200
    assert set(second.json()) == {"token", "refresh", "user", "role"}
    again = post(client, "refresh", {"refresh": first["refresh"]})
    assert (again.status_code, again.json()["error"]["code"]) == (401, "token_not_valid")


def test_logout_spends_the_refresh_token(client: Client, person: User) -> None:
    session = login(client)
    assert post(client, "logout", {"refresh": session["refresh"]}).status_code == 204
    assert post(client, "refresh", {"refresh": session["refresh"]}).status_code == 401
    assert post(client, "logout", {"refresh": session["refresh"]}).status_code == 401
    assert post(client, "logout", {}).json()["error"]["fields"] == {"refresh": ["This field is required."]}


@pytest.mark.parametrize("token", ["nonsense", "a.b.c"])
def test_a_false_token_is_401(client: Client, token: str) -> None:
    assert client.get("/api/auth/profile", headers={"authorization": f"Bearer {token}"}).status_code == 401
    assert post(client, "refresh", {"refresh": token}).status_code == 401


def test_a_token_of_a_user_who_is_gone_is_401(client: Client, person: User) -> None:
    session = login(client)
    person.delete()
    assert post(client, "refresh", {"refresh": session["refresh"]}).status_code == 401
    assert (
        client.get("/api/auth/profile", headers={"authorization": f"Bearer {session['token']}"}).status_code
        == 401
    )


def test_the_role_decides_and_the_flag_follows() -> None:
    assert User.objects.create_user("reader").role == Role.READER
    boss = User.objects.create_superuser("boss")
    assert (boss.role, boss.is_admin) == (Role.ADMIN, True)
    clerk = User.objects.create_user("clerk", is_staff=True)
    assert clerk.role == Role.STAFF
    clerk.role = Role.READER
    clerk.save(update_fields=["role"])
    clerk.refresh_from_db()
    assert not clerk.is_staff
