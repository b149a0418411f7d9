"""A real service under bounded traffic, and a real Prometheus that scrapes it by the rendered rules."""

import time
from collections.abc import Callable, Iterator

import pytest
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import Role, User
from tests.stack.service import Clients, ScrapingPrometheus, Service, scraping


@pytest.fixture
def eventually() -> Callable[[Callable[[], object], float, str], None]:
    """Waits for a condition, polled until a deadline."""

    def wait(condition: Callable[[], object], seconds: float, what: str) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
            time.sleep(0.1)

    return wait


@pytest.fixture
def service(repository, tmp_path, transactional_db) -> Iterator[Service]:
    with Service(repository, tmp_path) as gunicorn:
        yield gunicorn


@pytest.fixture
def prometheus(repository, tmp_path, service) -> Iterator[ScrapingPrometheus]:
    with scraping(repository, tmp_path, {"tachograph": service.port}) as server:
        yield server


@pytest.fixture
def token(transactional_db) -> str:
    return str(AccessToken.for_user(User.objects.create_user("administrator", role=Role.ADMIN)))


@pytest.fixture
def clients(service, token) -> Iterator[Clients]:
    clients = Clients("GET", f"{service.address}/api/municipalities?limit=10", token)
    yield clients
    clients.close()
