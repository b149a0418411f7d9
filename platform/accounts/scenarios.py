"""Who calls the scenarios, and the scenarios of /api/auth."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.test import Client
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from monitoring.scenarios import scenario

from .models import Role, User

PASSWORD = "a scenario's password"  # noqa: S105


def client_for(role: str) -> Client:
    """A test client logged in by token as `admin`, `staff` or `reader`; not at all as `anonymous`."""
    if role == "anonymous":
        return Client()
    user, _ = User.objects.get_or_create(username=f"scenario-{role}", defaults={"role": Role(role)})
    return Client(headers={"authorization": f"Bearer {AccessToken.for_user(user)}"})


@dataclass
class Person:
    user: User
    others: list[User]

    @property
    def refresh(self) -> dict[str, str]:
        """A new refresh token each time: one works once."""
        return {"refresh": str(RefreshToken.for_user(self.user))}


def seed_people(n: int) -> Person:
    user = User.objects.create_user("scenario-person", password=PASSWORD)
    others = [User(username=f"scenario-person-{i}", password="!") for i in range(n)]  # noqa: S106
    return Person(user, User.objects.bulk_create(others))


@scenario("POST /api/auth/login", seed=seed_people, role="anonymous", repeatable=True)
def login(client: Client, world: Person) -> HttpResponse:
    body = {"username": world.user.username, "password": PASSWORD}
    return client.post("/api/auth/login", body, content_type="application/json")


@scenario("POST /api/auth/refresh", seed=seed_people, role="anonymous")
def refresh(client: Client, world: Person) -> HttpResponse:
    return client.post("/api/auth/refresh", world.refresh, content_type="application/json")


@scenario("POST /api/auth/logout", seed=seed_people, role="anonymous")
def logout(client: Client, world: Person) -> HttpResponse:
    return client.post("/api/auth/logout", world.refresh, content_type="application/json")


@scenario("GET /api/auth/profile", seed=seed_people, role="reader")
def profile(client: Client, world: Person) -> HttpResponse:  # noqa: ARG001
    return client.get("/api/auth/profile")
