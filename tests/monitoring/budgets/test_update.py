"""`budget update` pins what is measured, and never loosens by itself."""

import json
import tomllib

import pytest


def pinned(path):
    return tomllib.loads(path.read_text())["pinned"]


@pytest.fixture
def unpinned(budgets_file):
    """The sample's budgets.toml without its pins."""
    return budgets_file("# a remark that stays\n", source=budgets_file().read_text().split("[pinned]")[0])


def test_it_pins_and_then_tells_what_came_and_went(gate, unpinned):
    before = unpinned.read_text()

    done = gate("update", budgets=unpinned)
    assert done.returncode == 0, done.stderr
    assert "POST /books/new: not pinned > 3 queries" in done.stdout
    assert pinned(unpinned) == {
        "GET /books": 1, "GET /books/{pk}": 1, "GET /shelves": 1, "POST /books/new": 3, "shelf.restock": 6,
    }  # fmt: skip
    assert unpinned.read_text().startswith(before), "all else stays as it is"
    statements = json.loads(unpinned.with_name("budgets.lock.json").read_text())
    assert statements.keys() == pinned(unpinned).keys()

    again = gate("update", budgets=unpinned)
    assert again.returncode == 0
    assert again.stdout.startswith("0 counts pinned")

    _, document = gate.json("check", "--operation", "GET /books", faults="extra query", budgets=unpinned)
    [entry] = document["operations"]
    [came] = entry["findings"][0]["lines"]
    assert came["note"] == "came"
    assert '"name"::text LIKE' in came["sql"]


def test_one_query_more_than_pinned_is_stopped_and_looser_needs_the_word(gate, budgets_file):
    path = budgets_file(
        source=budgets_file().read_text().replace("queries = { max = 1 }", "queries = { max = 3 }")
    )
    before = path.read_text()

    code, document = gate.json("check", "--operation", "GET /books", faults="extra query", budgets=path)
    assert code == 1
    assert document["operations"][0]["findings"][0]["message"].startswith("2 queries, 1 are pinned")

    done = gate("update", "--operation", "GET /books", faults="extra query", budgets=path)
    assert done.returncode == 1
    assert "GET /books: 1 > 2 queries  looser: refused" in done.stdout
    assert path.read_text() == before

    done = gate("update", "--operation", "GET /books", "--allow-looser", faults="extra query", budgets=path)
    assert done.returncode == 0
    assert pinned(path)["GET /books"] == 2
    assert pinned(path)["shelf.restock"] == 6, "what was not measured stays"

    done = gate("update", "--operation", "GET /books", budgets=path)
    assert done.returncode == 0, "tighter needs no word"
    assert pinned(path)["GET /books"] == 1


def test_what_is_not_pinned_yet_is_only_a_warning(gate, unpinned):
    code, document = gate.json("check", "--operation", "GET /shelves", budgets=unpinned)

    assert code == 0
    [finding] = document["operations"][0]["findings"]
    assert finding["level"] == "warn"
    assert "not pinned yet: `budget update` does it" in finding["message"]
