"""The pytest plugin as a project's own tests meet it: in a session of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]
TESTS = """
import pytest
from shelf.scenarios import seed

pytestmark = pytest.mark.django_db


@pytest.mark.budget("GET /books")
@pytest.mark.budget("GET /books/{pk}", queries=1)
def test_kept(client):
    book, *_ = seed(9)
    client.get("/books"), client.get(f"/books/{book.pk}")


@pytest.mark.budget("GET /books")
def test_broken(client, settings):
    settings.FAULTS = {"nplusone"}
    seed(9)
    client.get("/books")


@pytest.mark.budget("GET /books", queries=0)
def test_broken_by_its_own_limit(client):
    client.get("/books")


@pytest.mark.budget("GET /shelves")
def test_never_ran(client):
    client.get("/books")


@pytest.mark.budget("GET /shelves")
def test_fails_by_itself(client):
    raise ValueError("the test's own fault")


def test_recorder(client, operation_recorder):
    seed(3)
    client.get("/books")
    [operation] = operation_recorder.named("GET /books")
    assert operation.queries == 1
    [place, query] = operation_recorder.by_place(operation)
    assert "shelf/views.py:" in place and place.endswith("in list_books")
    assert query.startswith("    1 x SELECT")
    operation_recorder.assert_budget("GET /books", queries=1)
    with pytest.raises(AssertionError, match="1 queries, the budget is 0"):
        operation_recorder.assert_budget("GET /books", queries=0)
"""


@pytest.fixture
def session(gate, tmp_path):
    """The output of a pytest session over TESTS."""
    (tmp_path / "test_books.py").write_text(TESTS)
    command = [
        sys.executable, "-m", "pytest", "-p", "monitoring.pytest_plugin", "-p", "no:cacheprovider",
        "--strict-markers", "-c", os.devnull, "--rootdir", str(tmp_path), "-q", "-rA",
        "--color=no", str(tmp_path),
    ]  # fmt: skip
    environment = {**os.environ, **gate.environment}
    done = subprocess.run(
        command, check=False, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=120
    )
    return done.stdout + done.stderr


def test_a_marked_test_fails_with_the_queries_by_line(session):
    assert "test_books.py::test_kept\n" in session
    assert "test_books.py::test_recorder\n" in session
    assert "another exception" not in session
    assert "4 failed, 2 passed" in session
    assert "GET /books: 10 queries, the budget is 1 (operation GET /books > class.detail)" in session
    assert "1 nplusone, the budget is 0" in session
    assert re.search(r"shelf/views\.py:\d+ in list_books\S*\n +9 x SELECT", session)
    assert "1 queries, the budget is 0 (the test)" in session
    assert "GET /shelves did not run; recorded was: GET /books" in session
    assert "the test's own fault" in session
