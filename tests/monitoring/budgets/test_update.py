"""`budget update` pins what is measured, and never loosens by itself."""

import json
import tomllib


def own_limits(path):
    entries = tomllib.loads(path.read_text())["operation"]
    return {entry["match"]: entry.get("queries", {}).get("max") for entry in entries}


def test_it_pins_and_then_tells_what_came_and_went(gate, budgets_file):
    path = budgets_file("# a remark that stays\n")
    before = path.read_text()

    done = gate("update", budgets=path)
    assert done.returncode == 0, done.stderr
    assert "POST /books/new: queries.max not pinned > 3" in done.stdout
    assert own_limits(path) == {
        "GET /books": 1, "GET /books/{pk}": 1, "GET /shelves": 1, "POST /books/new": 3, "shelf.restock": 6,
    }  # fmt: skip
    assert path.read_text().startswith(before.split("[[operation]]")[0]), (
        "classes and comments stay as they are"
    )
    assert "# a remark that stays" in path.read_text()
    pins = json.loads(path.with_name("budgets.lock.json").read_text())
    assert pins.keys() == own_limits(path).keys()

    again = gate("update", budgets=path)
    assert again.returncode == 0
    assert again.stdout.startswith("0 counts pinned")

    _, document = gate.json("check", "--operation", "GET /books", faults="extra query", budgets=path)
    [entry] = document["operations"]
    [came] = entry["findings"][0]["lines"]
    assert came["note"] == "came"
    assert '"name"::text LIKE' in came["sql"]


def test_looser_needs_the_word(gate, budgets_file):
    path = budgets_file()
    before = path.read_text()

    done = gate("update", "--operation", "GET /books", faults="extra query", budgets=path)
    assert done.returncode == 1
    assert "GET /books: queries.max 1 > 2  looser: refused" in done.stdout
    assert path.read_text() == before

    done = gate("update", "--operation", "GET /books", "--allow-looser", faults="extra query", budgets=path)
    assert done.returncode == 0
    assert own_limits(path)["GET /books"] == 2
    assert own_limits(path)["shelf.restock"] == 6, "what was not measured stays"

    done = gate("update", "--operation", "GET /books", budgets=path)
    assert done.returncode == 0, "tighter needs no word"
    assert own_limits(path)["GET /books"] == 1
