"""`budget check --prometheus`: a deployment, as a real Prometheus recorded it, held to the same budgets."""

import subprocess
import time
from collections.abc import Iterator

import pytest

from devservices.prometheus import Prometheus

pytestmark = pytest.mark.needs("prometheus", "promtool")

MINUTES = 40


def series(
    operation: str, operation_class: str, runs: float, **shares: float
) -> Iterator[tuple[str, str, float]]:
    """Metric, labels and final value of what an operation counts; `shares` and figures are for each run."""
    labels = f'kind="request",operation="{operation}",class="{operation_class}",job="shelf"'
    within = {"0.2": 0.5, "0.5": 1 - shares.get("slow", 0), "+Inf": 1}
    for bound, share in within.items():
        yield "tacho_operation_duration_seconds_bucket", f'{labels},le="{bound}"', runs * share
    yield "tacho_operation_duration_seconds_count", labels, runs
    yield "tacho_operations_total", f'{labels},status="500"', runs * shares.get("errors", 0)
    yield "tacho_operations_total", f'{labels},status="200"', runs * (1 - shares.get("errors", 0))
    yield "tacho_operation_db_queries_sum", labels, runs * shares.get("queries", 1)
    for result in ("hit", "miss"):
        share = shares.get("hits", 1) if result == "hit" else 1 - shares.get("hits", 1)
        cache = f'{labels},alias="default",command="get",result="{result}"'
        yield "tacho_cache_operations_total", cache, runs * share


def openmetrics(found: list[tuple[str, str, float]]) -> str:
    """The series, growing evenly until now, a sample each minute."""
    now = int(time.time())
    lines = []
    for metric, labels, final in sorted(found):
        for minute in range(MINUTES + 1):
            stamp = now - 60 * (MINUTES - minute)
            lines.append(f"{metric}{{{labels}}} {final * minute / MINUTES:.3f} {stamp}")
    return "\n".join([*lines, "# EOF\n"])


@pytest.fixture(scope="module")
def deployment(tmp_path_factory):
    """The address of a Prometheus that knows three operations."""
    folder = tmp_path_factory.mktemp("canary")
    found = [
        *series("GET /books", "detail", 1000),
        *series("GET /shelves", "report", 1000, slow=0.10, errors=0.05, queries=6, hits=0.5),
        *series("POST /books/new", "write", 10, errors=1),
    ]
    (folder / "backfill").write_text(openmetrics(found))
    server = Prometheus(folder, {"scrape_configs": []})
    backfill = ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(folder / "backfill")]
    subprocess.run([*backfill, str(server.folder / "data")], check=True, capture_output=True)
    with server:
        yield server.address


def test_what_breaks_its_budget_is_told_and_little_traffic_is_not_judged(gate, deployment):
    code, document = gate.json("check", "--prometheus", deployment, "--window", "30m")

    assert code == 1, document
    observed = {item["operation"]: item for item in document["observed"]}
    assert observed["GET /books"]["runs"] == pytest.approx(750, rel=0.05)
    assert observed["GET /books"]["findings"] == []
    assert observed["GET /shelves"]["queries"] == pytest.approx(6)
    broken = {finding["budget"]: finding["message"] for finding in observed["GET /shelves"]["findings"]}
    assert broken.keys() == {"latency", "errors", "queries", "cache"}
    assert broken["latency"].startswith("90.0% within 500 ms, promised are 95%")
    assert broken["cache"].startswith("50.0% of the look-ups hit, the budget is 80.0%")
    assert not observed["POST /books/new"]["is_judged"], "all its runs failed, but they were few"

    told = gate("check", "--prometheus", deployment, "--operation", "*books*")
    assert told.returncode == 0, "what is broken was not asked for"
    assert "too little traffic" in told.stdout


def test_too_little_traffic_everywhere_is_inconclusive_under_strict(gate, deployment):
    arguments = ("check", "--prometheus", deployment, "--operation", "POST *")

    assert gate(*arguments).returncode == 0
    assert gate(*arguments, "--strict").returncode == 3
    assert gate(*arguments, "--floor", "5").returncode == 1


def test_files_are_written_too(gate, deployment, tmp_path):
    files = [tmp_path / name for name in ("out.xml", "out.md")]
    gate("check", "--prometheus", deployment, *[word for file in files for word in ("--write", str(file))])

    assert 'skipped message="too little traffic"' in files[0].read_text()
    assert "- too little traffic: `POST /books/new`" in files[1].read_text()
    assert "| `GET /books` | detail |" in files[1].read_text()


def test_wrong_addresses_and_labels_are_told(gate, deployment):
    assert gate("check", "--prometheus", "prometheus:9090").returncode == 2
    for arguments, says in (
        (("--prometheus", "http://127.0.0.1:1"), "cannot be asked"),
        (("--prometheus", deployment, "--selector", 'version="canary"'), "has no operation of the last 30m"),
        (("--prometheus", deployment, "--selector", "version="), "refused"),
        (("--prometheus", deployment, "--against", "HEAD"), "choose one"),
    ):
        done = gate("check", *arguments)
        assert done.returncode == 2
        assert says in done.stderr
        assert "Traceback" not in done.stderr
