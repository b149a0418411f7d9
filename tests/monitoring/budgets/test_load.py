"""budgets.toml is read whole, and every fault in it is told with file, line and key."""

import tomllib
from datetime import date
from pathlib import Path

import pytest

from monitoring.budgets import Budgets, budgets, load, valid_budgets
from monitoring.errors import BudgetError

PROJECT = Path(__file__).resolve().parents[3]
NUMBERS = """
latency = { p95_ms = 200 }
errors = { max_rate = 0.01 }
queries = { max = 5, duplicates = 0, nplusone = 0 }
slow_queries = { max = 0 }
relative = { max_ratio = 1.1, confidence = 0.99 }
"""
CLASSES = "\n".join(
    f"[class.{name}]{NUMBERS}" for name in ("list", "detail", "write", "sync", "report", "system")
)
TODAY = date(2026, 11, 22)


@pytest.fixture
def toml(tmp_path):
    """A function that writes all classes and `more` to a budgets.toml, and reads it."""

    def read(more: str = "", classes: str = CLASSES) -> Budgets:
        path = tmp_path / "budgets.toml"
        path.write_text(f"{classes}\n{more}")
        return load(path, TODAY)

    return read


def test_every_class_of_the_project_has_numbers():
    resolved = budgets().resolve("GET /anything", "list")

    assert resolved.source == "class.list"
    assert resolved.latency_p95_ms == 200
    assert (resolved.queries_max, resolved.duplicates_max, resolved.nplusone_max) == (5, 0, 0)
    assert resolved.level("latency") == "warn"
    assert resolved.level("nplusone") == "error"


def test_the_histogram_gets_every_objective_in_seconds(toml):
    read = toml('[[operation]]\nmatch = "GET /x"\nlatency = { p99_ms = 1500 }')

    assert read.latency_bounds() == (0.2, 1.5)


def test_override_beats_operation_beats_class_key_by_key(toml):
    read = toml("""
[[operation]]
match = "GET /api/cadets"
queries = { max = 3 }
[[operation]]
match = "GET /api/*"
queries = { max = 9, duplicates = 1 }
[[override]]
match = "GET /api/cadets"
reason = "the new index lands in March"
expires = 2027-03-01
latency = { p95_ms = 900 }
""")

    cadets = read.resolve("GET /api/cadets", "list")
    assert (cadets.latency_p95_ms, cadets.queries_max, cadets.duplicates_max, cadets.nplusone_max) == (
        900,
        3,
        1,
        0,
    )
    assert cadets.source.split(" > ") == [
        "override GET /api/cadets until 2027-03-01",
        "operation GET /api/cadets",
        "operation GET /api/*",
        "class.list",
    ]
    assert read.resolve("GET /other", "list").queries_max == 5


def test_an_expired_override_excuses_nothing(toml):
    read = toml("""
[[override]]
match = "GET /api/cadets"
reason = "the new index landed"
expires = 2026-11-21
queries = { max = 99 }
""")

    assert read.resolve("GET /api/cadets", "list").queries_max == 5
    assert read.expired(read.overrides[0])


def test_braces_in_a_name_are_no_pattern(toml):
    read = toml('[[operation]]\nmatch = "GET /api/cadets/{id}"\nqueries = { max = 2 }')

    assert read.resolve("GET /api/cadets/{id}", "detail").queries_max == 2
    assert read.resolve("GET /api/cadets/i", "detail").queries_max == 5


def test_a_class_without_a_file_has_no_limits():
    assert Budgets().resolve("GET /x", "list").queries_max is None
    assert Budgets().recording.slow_query_ms == 100


@pytest.mark.parametrize(
    ("more", "key", "says"),
    [
        (
            '[[operation]]\nmatch = "GET /x"\nqueries = { maxx = 3 }',
            "operation.0.queries.maxx",
            "unknown key",
        ),
        (
            '[[operation]]\nmatch = "GET /x"\nqueries = { max = -1 }',
            "operation.0.queries.max",
            "less than the minimum",
        ),
        ('[[operation]]\nmatch = "GET /x"\n', "operation.0", "sets no limit"),
        (
            '[[override]]\nmatch = "x"\nreason = "long enough"\nqueries = { max = 1 }',
            "override.0",
            "expires is missing",
        ),
        (
            '[[override]]\nmatch = "x"\nreason = "long enough"\nexpires = 9\nqueries = { max = 1 }',
            "override.0.expires",
            "",
        ),
        ("[class.list2]\nlatency = { p95_ms = 1 }", "class.list2", "every class has numbers"),
        ("[recording]\nslow_query_ms = 0", "recording.slow_query_ms", "0"),
        ('[slo]\nwindow = "a month"', "slo.window", "does not match"),
        (
            '[[operation]]\nmatch = "x"\nerrors = { max_rate = 0.1 }',
            "operation.0.errors.max_rate",
            "could never fire",
        ),
        (
            '[[operation]]\nmatch = "x"\nlatency = { p95_ms = 9, p99_ms = 8 }',
            "operation.0.latency.p99_ms",
            "p95_ms",
        ),
        ("[regression]\nmax_ratio = 1", "regression.max_ratio", "1"),
        ('[links]\ndashboards = "grafana"', "links.dashboards", "does not match"),
        ('[threshold.a]\ndirection = "above"\nfor = "5m"', "threshold.a", "neither warning nor critical"),
        (
            '[threshold.a]\ndirection = "below"\nfor = "5m"\nwarning = 1\ncritical = 2',
            "threshold.a.critical",
            "swap them",
        ),
    ],
)
def test_a_fault_names_file_line_and_key(toml, tmp_path, more, key, says):
    with pytest.raises(BudgetError) as raised:
        toml(more)

    place, _, told = str(raised.value).partition(": ")
    file, _, line = place.rpartition(":")
    assert file == str(tmp_path / "budgets.toml")
    assert told.startswith(key)
    assert says in told
    first = len(CLASSES.splitlines()) + 1
    assert int(line) >= first, "it lies in what was added"


def test_the_line_is_the_key_s_own(toml):
    more = '[[operation]]\nmatch = "GET /x"\n\n# why\nqueries = { max = "many" }\n[slo]\nwindow = "1 d"'

    with pytest.raises(BudgetError) as raised:
        toml(more, CLASSES.strip())

    first = len(CLASSES.strip().splitlines())
    lines = [int(line.split(": ")[0].rpartition(":")[2]) - first for line in str(raised.value).splitlines()]
    assert lines == [5, 7]


def test_regressions_and_links_have_defaults_and_take_a_projects_own(toml):
    read = toml("""
[regression]
max_ratio = 2
for = "1m"
[links]
dashboards = "https://grafana.example/d/"
[slo]
min_events = 3
""")

    assert (read.regression.max_ratio, read.regression.duration, read.regression.window) == (2, "1m", "1h")
    assert read.links.dashboards == "https://grafana.example/d", "a uid is added after a slash"
    assert read.links.runbooks == Budgets().links.runbooks == "docs/runbooks"
    assert (read.slo.min_events, Budgets().slo.min_events) == (3, 10)


def test_a_missing_class_is_an_error(toml):
    with pytest.raises(BudgetError, match="class: report is missing"):
        toml(classes=CLASSES.replace("class.report", "class.reports"))


def test_six_exemptions_are_too_many(toml):
    entry = '[[exempt]]\noperation = "GET /x"\nreason = "not built yet"\nexpires = 2027-01-01\n'

    assert len(toml(entry * 5).exemptions) == 5
    with pytest.raises(BudgetError, match="exempt: has too many entries"):
        toml(entry * 6)


def test_what_is_no_toml_or_no_file_is_told(tmp_path):
    path = tmp_path / "budgets.toml"
    path.write_text("[class.list\n")

    with pytest.raises(BudgetError, match=r"budgets.toml: is not valid TOML: .*line 1"):
        load(path)
    with pytest.raises(BudgetError, match="cannot be read"):
        load(tmp_path / "none.toml")


def test_another_setting_is_another_budget(settings, tmp_path):
    path = tmp_path / "budgets.toml"
    path.write_text(CLASSES.replace("p95_ms = 200", "p95_ms = 7"))
    before = budgets().resolve("GET /x", "list").latency_p95_ms

    settings.TACHOGRAPH = settings.TACHOGRAPH | {"BUDGETS": path}

    assert budgets().resolve("GET /x", "list").latency_p95_ms == 7
    assert before == 200


def test_a_file_that_is_not_valid_keeps_nobody_from_answering(settings, tmp_path, caplog):
    path = tmp_path / "budgets.toml"
    path.write_text(CLASSES + "[clas]\n")
    settings.TACHOGRAPH = settings.TACHOGRAPH | {"BUDGETS": path}

    assert budgets().resolve("GET /x", "list").queries_max is None
    assert budgets().resolve("GET /x", "list").queries_max is None
    [line] = [record for record in caplog.records if record.name == "tachograph.recorder"]
    assert "clas: unknown key" in line.getMessage()
    with pytest.raises(BudgetError):
        valid_budgets()


def test_the_project_s_file_names_its_schema_for_editors():
    first = (PROJECT / "budgets.toml").read_text().splitlines()[0]

    assert (PROJECT / first.removeprefix("#:schema ")).is_file()
    assert tomllib.loads((PROJECT / "budgets.toml").read_text())["class"].keys() >= {"list", "report"}
