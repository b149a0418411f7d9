"""The platform on the real geography: each endpoint's queries in /metrics are those of PostgreSQL's log."""

import asyncio
import json
from dataclasses import replace

import pytest

from tests.e2e.load import Connection, Request
from tests.e2e.reconcile import assert_reconciled, queries, record
from tests.e2e.web import PlatformGunicorn

REQUESTS = 16


@pytest.fixture(scope="module")
def server(serve, platform_env):
    return serve(PlatformGunicorn, platform_env, "--workers", "2", "--threads", "4")


@pytest.fixture(scope="module")
def login(platform_env):
    """What the demo administrator sends to get a token."""
    body = json.dumps({"username": "admin", "password": platform_env["DEMO_ADMIN_PASSWORD"]})
    return Request("/api/auth/login", method="POST", body=body)


def answer(server, request):
    status, body = asyncio.run(Connection(server.port, keep=False).ask(request))
    assert status == 200, body
    return json.loads(body)


@pytest.fixture(scope="module")
def token(server, login):
    return answer(server, login)["token"]


@pytest.fixture(scope="module")
def ask(token):
    """ask(path) is the administrator's GET of it; ask(path, method="PATCH", body=...)."""
    return lambda path, **more: Request(path, headers=(("Authorization", f"Bearer {token}"),), **more)


def test_it_answers_real_municipalities(server, ask):
    page = answer(server, ask("/api/municipalities?limit=100"))
    assert (len(page["data"]), page["limit"], page["page"]) == (100, 100, 1)
    assert 150 < page["total"] < 250
    found = answer(server, ask("/api/municipalities?search=indanan"))["data"]
    assert [unit["name"] for unit in found] == ["Indanan"]


LISTS = ("regions", "provinces", "municipalities", "barangays", "communities",
         "coverage/municipalities", "coverage/provinces")  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_a_list(server, statement_log, ask, name):
    operation = f"GET /api/{name}"
    asked = [(operation, ask(f"/api/{name}?limit=100"))] * REQUESTS
    assert_shown(*record(server, statement_log, asked), operation, "200")


def test_a_detail(server, statement_log, ask):
    codes = [unit["psgc_code"] for unit in answer(server, ask("/api/municipalities?limit=100"))["data"]]
    operation = "GET /api/municipalities/{psgc_code}"
    asked = [(operation, ask(f"/api/municipalities/{code}")) for code in codes[:REQUESTS]]
    assert_shown(*record(server, statement_log, asked), operation, "200")


def test_a_write_with_its_roll_up(server, statement_log, ask):
    """A transaction with locks, savepoints or none, a roll-up of two levels, and what it invalidates."""
    found = answer(server, ask(f"/api/communities?limit={REQUESTS}"))["data"]
    operation = "PATCH /api/communities/{id}"
    change = {"method": "PATCH", "body": json.dumps({"households": 12})}
    asked = [(operation, ask(f"/api/communities/{community['id']}", **change)) for community in found]
    figures, statements = record(server, statement_log, asked)
    assert_shown(figures, statements, operation, "200")
    assert statements.count("end") >= REQUESTS


def test_a_login(server, statement_log, login):
    operation = "POST /api/auth/login"
    figures, statements = record(server, statement_log, [(operation, login)] * 3)
    assert_shown(figures, statements, operation, "200")


def test_refusals(server, statement_log, ask):
    """Errors have their queries as well: a limit too high, a record that is not there, nobody logged in."""
    refused = {
        ("GET /api/municipalities", "400"): ask("/api/municipalities?limit=101"),
        ("GET /api/communities/{id}", "404"): ask("/api/communities/999999999"),
        ("GET /api/provinces", "401"): replace(ask("/api/provinces"), headers=()),
    }
    asked = [(operation, request) for (operation, _), request in refused.items() for _ in range(5)]
    figures, statements = record(server, statement_log, asked)
    assert_reconciled(figures, statements)
    for operation, status in refused:
        assert figures.by("tacho_operations_total", "status", operation=operation) == {(status,): 5}


def assert_shown(figures, statements, operation, status):
    """In the process totals, and in the operation's own series."""
    assert_reconciled(figures, statements)
    count = figures.total("tacho_operations_total", operation=operation)
    assert figures.by("tacho_operations_total", "status", operation=operation) == {(status,): count}
    assert figures.total("tacho_operation_db_queries_sum", operation=operation) == queries(statements) > 0
