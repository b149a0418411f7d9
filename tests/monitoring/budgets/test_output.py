"""What CI servers and pull requests get to see of a run."""

import json
from xml.etree import ElementTree

import pytest


@pytest.fixture
def written(gate, tmp_path, budgets_file):
    """A failing run, written in every format; its folder."""
    summary = tmp_path / "summary"
    summary.write_text("before\n")
    gate.environment |= {"GITHUB_STEP_SUMMARY": str(summary), "TACHOGRAPH_DEDICATED": "1"}
    source = budgets_file().read_text().replace("p95_ms = 500", "p95_ms = 0.001")
    files = [tmp_path / f"out.{suffix}" for suffix in ("json", "xml", "md")]
    arguments = [word for file in files for word in ("--write", str(file))]
    done = gate("check", *arguments, faults="extra query,broken", budgets=budgets_file(source=source))
    assert done.returncode == 2, done.stderr
    return tmp_path


def test_junit_has_a_case_for_each_operation(written):
    suite = ElementTree.parse(written / "out.xml").getroot()

    cases = {case.get("name"): case for case in suite}
    assert suite.get("tests") == "5"
    assert suite.get("errors") == "1"
    failure = cases["GET /books"].find("failure")
    assert "2 queries, the budget is 1" in failure.get("message")
    assert "views.py" in failure.text
    assert cases["shelf.restock"].find("failure") is None
    assert any(case.find("error") is not None for case in suite)


def test_markdown_goes_to_the_summary(written):
    text = (written / "out.md").read_text()

    assert text.startswith("## Performance budgets: 3 broken, 1 problems")
    assert "| `GET /books` | detail | 2 | 2 | 1 | broken |" in text
    assert (written / "summary").read_text() == "before\n" + text


def test_json_has_the_same_figures(written):
    document = json.loads((written / "out.json").read_text())

    assert document["exit_code"] == 2
    by_name = {entry["operation"]: entry for entry in document["operations"]}
    assert by_name["GET /books"]["samples"][1]["queries"] == 2


def test_milliseconds_are_errors_only_on_a_dedicated_machine(written, gate, budgets_file):
    document = json.loads((written / "out.json").read_text())
    levels = {
        f["level"] for entry in document["operations"] for f in entry["findings"] if f["budget"] == "latency"
    }
    assert levels == {"error"}

    gate.environment["TACHOGRAPH_DEDICATED"] = ""
    path = written / "budgets.toml"
    code, document = gate.json("check", "--operation", "GET /shelves", budgets=path)
    assert code == 0
    assert [f["level"] for f in document["operations"][0]["findings"]] == ["warn"]


def test_a_file_of_unknown_kind_is_a_usage_error(gate, tmp_path):
    done = gate("check", "--write", str(tmp_path / "out.doc"))

    assert done.returncode == 2
    assert "must end in .json, .xml, .md" in done.stderr
