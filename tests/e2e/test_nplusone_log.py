"""An N+1 is named in the log, with its file and line, and counted once for each request; nothing else is."""

import json

import pytest

from tests.e2e.figures import until
from tests.e2e.load import send_all
from tests.e2e.sample.endpoints import CLEAN, PLANTED
from tests.e2e.web import ROOT, Gunicorn

SAMPLE = ROOT / "tests" / "e2e" / "sample"
VIEWS, TEMPLATE = SAMPLE / "repeat_views.py", SAMPLE / "templates" / "books.html"
REQUESTS = 3


@pytest.fixture(scope="module")
def server(serve, sample_env):
    return serve(Gunicorn, sample_env, "--workers", "1", "--threads", "2")


@pytest.fixture(scope="module")
def figures(server):
    """After three requests to each endpoint."""
    paths = [f"/repeat/{name}" for name in (*PLANTED, *CLEAN) for _ in range(REQUESTS)]
    assert send_all(server.port, paths, clients=2).statuses == {200: len(paths)}
    return until(server.figures, lambda now: now.total("tacho_operations_total", status="200") > len(paths))


def planted_at(name):
    """`file:line` where the N+1 called `name` was planted, as the log should have it."""
    for path in (VIEWS, TEMPLATE):
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            if f"N+1: {name} " in f"{line} ":
                return f"{path.relative_to(ROOT) if path is VIEWS else path.name}:{number}"
    raise AssertionError(f"nothing is planted under the name {name}")


def logged(server, operation):
    """The log's lines about an operation."""
    lines = [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]
    return [line for line in lines if line.get("operation") == operation]


def found(line):
    return [finding for finding in line["findings"] if finding["fault"] == "nplusone"]


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_one_is_named_and_counted_once(server, figures, name):
    lines = logged(server, f"GET /repeat/{name}")
    assert len(lines) == REQUESTS
    for line in lines:
        place = found(line)[0]["at"]
        assert place.startswith(f"{planted_at(name)} in ")
        assert f"nplusone at {place}" in line["message"]
        assert "nplusone" in line["breaches"]
        assert {finding["runs"] for finding in found(line)} == {6 if name == "six" else 8}
    assert figures.total("tacho_nplusone_total", operation=f"GET /repeat/{name}") == REQUESTS


def test_a_nested_block_has_it_too(server, figures):
    assert figures.total("tacho_nplusone_total", operation="sample.nested", kind="block") == REQUESTS
    for line in logged(server, "sample.nested"):
        assert found(line)[0]["at"].startswith(planted_at("nested"))


@pytest.mark.parametrize("name", CLEAN)
def test_what_only_looks_like_one_is_none(server, figures, name):
    assert figures.total("tacho_nplusone_total", operation=f"GET /repeat/{name}") == 0
    assert [found(line) for line in logged(server, f"GET /repeat/{name}") if found(line)] == []


def test_equal_parameters_are_duplicates_only(server, figures):
    assert figures.total("tacho_duplicate_queries_total", operation="GET /repeat/equal") == 7 * REQUESTS
    for other in set(CLEAN) - {"equal"}:
        assert figures.total("tacho_duplicate_queries_total", operation=f"GET /repeat/{other}") == 0


def test_no_value_reaches_the_log(server, figures):
    """Values that the sample's queries carry, in parameters and in the SQL itself."""
    assert figures.total("tacho_nplusone_total") > 0
    lines = [line for name in PLANTED for line in logged(server, f"GET /repeat/{name}")]
    sql = " ".join(finding["sql"] for line in lines for finding in line["findings"])
    assert "sample_book" in sql
    assert "new 1" not in sql
    assert not any(character.isdigit() for character in sql.replace("sample_", ""))
