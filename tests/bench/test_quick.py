"""The short form of the benchmark does all that the long one does. Its times are not looked at."""

import json
import os
import subprocess
import sys
from collections import Counter

import pytest

from bench.contestants import CONTESTANTS
from bench.endpoints import ENDPOINTS, work
from bench.report import circumstances, costs, goals, publish, spread

# What each one claims to see, and must have seen; the others claim nothing that could be counted.
CLAIMS = {
    "tachograph": ["requests", "queries", "gets", "nplusone"],
    "tachograph-store": ["requests", "queries", "gets", "nplusone"],
    "prometheus": ["requests", "queries", "gets"],
    "prometheus-mp": ["requests", "queries", "gets"],
    "sentry1": ["requests", "queries"],
    "opentelemetry": ["requests", "queries"],
    "zeal": ["nplusone"],
    "silk": ["requests", "queries"],
}


@pytest.fixture(scope="module")
def folder(pytestconfig, tmp_path_factory):
    """What it wrote. In .venv-bench, where every contestant is, once `make bench` has made that."""
    folder = tmp_path_factory.mktemp("bench")
    bench = pytestconfig.rootpath / ".venv-bench" / "bin" / "python"
    python = bench if bench.exists() else sys.executable
    done = subprocess.run(
        [python, "-m", "bench", "--quick", "--out", folder],
        cwd=pytestconfig.rootpath,
        env={key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def result(folder):
    return json.loads((folder / "result.json").read_text())


@pytest.mark.parametrize("name", CONTESTANTS)
def test_each_contestant_recorded_what_was_done(result, name):
    if modules := result["skipped"].get(name):
        pytest.skip(f"not installed: {', '.join(modules)}; `make bench` makes .venv-bench, which has it")
    heavy = CONTESTANTS[name].heavy
    requests = Counter()
    for endpoint, by_name in result["costs"].items():
        timed, untimed = ENDPOINTS[endpoint].block(heavy=heavy)
        assert by_name[name]["requests"] == timed
        requests[endpoint] = timed + untimed
    recorded = result["recorded"][name]
    assert list(recorded) == CLAIMS.get(name, [])
    # The warming requests come on top.
    assert all(number >= work(requests)[what] for what, number in recorded.items())


def test_the_files_stay_the_same_however_many_workers_were_recycled(result):
    few, many = result["micro"]["recycled"]
    assert many["workers"] > few["workers"]
    assert many["files"] == few["files"]
    assert many["samples"] == few["samples"]


def test_scrapes_reach_the_size_that_was_asked_for(result):
    first, second = (found["samples"] for found in result["micro"]["samples"])
    assert first >= 2_000
    assert second >= 4_000


def test_the_tables_name_everybody_and_say_where_it_was(folder, result):
    tables = (folder / "tables.md").read_text()
    for name in result["costs"]["n1"]:
        assert CONTESTANTS[name].label in tables
    assert f"{result['cores']} cores" in tables
    assert "load" in tables


def test_the_pages_get_the_tables_and_the_chart(result, repository, tmp_path):
    (tmp_path / "docs").mkdir()
    for name in ("README.md", "docs/benchmarks.md"):
        (tmp_path / name).write_text((repository / name).read_text())
    (tmp_path / "docs" / "benchmarks.svg").touch()
    publish(result, tmp_path)
    readme, page = ((tmp_path / name).read_text() for name in ("README.md", "docs/benchmarks.md"))
    assert "(docs/benchmarks.svg)" in readme
    assert "(benchmarks.svg)" in page
    for text in (costs(result), circumstances(result)):
        assert text in readme
        assert text in page
    assert goals(result) in page
    assert spread(result) in page
    assert "Not measured yet" not in readme + page


def test_the_chart_is_drawn(folder):
    chart = folder / "benchmarks.svg"
    if not chart.exists():
        pytest.skip("no matplotlib here; `make bench` makes .venv-bench, which has it")
    assert "Tachograph" in chart.read_text()
