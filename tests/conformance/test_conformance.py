"""Every case holds for Tachograph, and docs/conformance.md says what the tools show."""

from functools import cache

import pytest

from .cases import BLIND_SPOT, CASES
from .columns import BENCH_PYTHON, cell, environment, python_with, run, title, written
from .tools import TOOLS

OURS = "tachograph"
PEERS = [tool for tool in TOOLS if tool != OURS]
HOW = ".venv-bench/bin/python -m tests.conformance"


@pytest.fixture(scope="session")
def column():
    """column(tool) -> what it showed; each tool is run once."""
    with environment() as env:
        yield cache(lambda tool: dict(zip((case.says for case in CASES), run(tool, env), strict=True)))


def test_no_two_cases_are_called_the_same():
    names = [case.says for case in CASES]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.who != BLIND_SPOT], ids=lambda case: case.says
)
def test_ours_is_right(column, case):
    shown = column(OURS)[case.says]
    assert shown is not None
    assert shown.keys() == case.expected.keys(), "a fact that ours does not show at all"
    assert case.wrong(shown) == {}


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.who == BLIND_SPOT], ids=lambda case: case.says
)
def test_a_blind_spot_is_one_and_the_docs_say_so(column, case, repository):
    assert column(OURS)[case.says] == {"queries": 0}
    section = (repository / "docs" / "recorder.md").read_text().partition("## Blind spots")[2]
    assert {"COPY": "cursor.copy()", "`callproc`": "`callproc`"}.get(case.says, "raw psycopg") in section


def test_the_page_tells_our_column(column):
    now = {case.says: cell(case, column(OURS)[case.says]) for case in CASES}
    assert written()["Tachograph"] == now, f"docs/conformance.md is stale: {HOW}"


@pytest.mark.parametrize("tool", PEERS)
def test_the_page_tells_the_peers_columns(column, tool):
    if python_with(tool) is None:
        pytest.skip(f"{tool} is not installed, and {BENCH_PYTHON.parent.parent.name} is not made: make bench")
    on_page = {name: cells for name, cells in written().items() if name.startswith(TOOLS[tool].label)}
    assert len(on_page) == 1
    if TOOLS[tool].installed() and title(tool) not in on_page:
        pytest.skip(f"the page is about another version than {title(tool)}: {HOW}")
    now = {case.says: cell(case, column(tool)[case.says]) for case in CASES}
    assert next(iter(on_page.values())) == now, f"docs/conformance.md is stale: {HOW}"
