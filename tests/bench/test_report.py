"""Where the tables go."""

import pytest

from bench.__main__ import arguments, plan_of
from bench.report import ReportError, write_between


def test_only_what_is_between_the_marks_is_written(tmp_path):
    page = tmp_path / "README.md"
    page.write_text("before\n<!-- bench:cost -->\nold\n<!-- /bench:cost -->\nafter\n")
    for _ in range(2):
        write_between(page, "bench:cost", "new")
        assert page.read_text() == "before\n<!-- bench:cost -->\nnew\n<!-- /bench:cost -->\nafter\n"


@pytest.mark.parametrize("text", ["", "<!-- bench:cost -->\nnever closed"])
def test_a_page_without_marks_is_left_alone_and_told(tmp_path, text):
    page = tmp_path / "README.md"
    page.write_text(text)
    with pytest.raises(ReportError, match="add the lines <!-- bench:cost -->"):
        write_between(page, "bench:cost", "new")
    assert page.read_text() == text


def test_every_page_has_its_marks(repository):
    for name, marks in {"README.md": ["cost"], "docs/benchmarks.md": ["goals", "cost", "spread"]}.items():
        text = (repository / name).read_text()
        assert [mark for mark in marks if f"<!-- bench:{mark} -->" not in text] == []


def test_bare_is_always_among_them():
    assert plan_of(arguments(["--only", "tachograph"])).contestants == ("bare", "tachograph")


@pytest.mark.parametrize("given", [["--rounds", "0"], ["--only", "nobody"], ["--endpoints", "none"]])
def test_usage(given, capsys):
    with pytest.raises(SystemExit) as ended:
        arguments(given)
    assert ended.value.code == 2


def test_help_teaches(capsys):
    with pytest.raises(SystemExit):
        arguments(["--help"])
    told = capsys.readouterr().out
    assert "examples:" in told
    assert "how to read it:" in told
    assert "exit codes:" in told
