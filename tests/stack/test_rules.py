"""The rules of Prometheus as `manage.py budget render` makes them of budgets.toml."""

import re

import pytest
import yaml

from monitoring.alerts import ThresholdAlert, register, registered, unregister
from monitoring.budgets.load import load
from monitoring.budgets.resolve import Budgets, matches
from monitoring.budgets.rules import Clock, render
from monitoring.budgets.rules.burn import burn_limit
from monitoring.budgets.rules.objectives import le_pattern, name_pattern
from monitoring.errors import BudgetError

CLASSES = "".join(
    f"""
[class.{name}]
latency = {{ p95_ms = 200 }}
errors = {{ max_rate = 0.01 }}
queries = {{ max = 5, duplicates = 0, nplusone = 0 }}
slow_queries = {{ max = 0 }}
relative = {{ max_ratio = 1.1, confidence = 0.99 }}
"""
    for name in ("list", "detail", "write", "sync", "report", "system")
)


@pytest.fixture
def budgets_of(tmp_path):
    """Budgets of six classes with a p95 of 200 ms, and what a test adds to them."""

    def make(more: str = ""):
        path = tmp_path / "budgets.toml"
        path.write_text(CLASSES + more)
        return load(path)

    return make


def rules(budgets, **options) -> dict[str, dict]:
    documents = [yaml.safe_load(text) for text in render(budgets, **options).values()]
    entries = [rule for document in documents for group in document["groups"] for rule in group["rules"]]
    return {rule.get("record") or rule["alert"]: rule for rule in entries}


def alerts(repository) -> dict[str, dict]:
    found = rules(load(repository / "budgets.toml"))
    return {name: rule for name, rule in found.items() if "alert" in rule}


def expressions(budgets, alert: str) -> list[str]:
    """Of every rule of that name: one for each severity or window."""
    [text] = [text for path, text in render(budgets).items() if path.name == "alerts.yml"]
    found = yaml.safe_load(text)["groups"][0]["rules"]
    return [rule["expr"] for rule in found if rule["alert"] == alert]


def objectives(budgets, operation: str, operation_class: str) -> list[str]:
    """The buckets (`le`) whose selector takes in the operation, as Prometheus would."""
    expr = rules(budgets)["operation:tacho_slow_operations:rate5m"]["expr"]
    labels = {"operation": operation, "class": operation_class}
    found = []
    for selector in re.findall(r"_bucket\{(.*)\}\[", expr):
        matchers = re.findall(r'(\w+)(=~|!~|=)"([^"]*)"', selector)
        tests = (_holds(labels[name], how, value) for name, how, value in matchers if name != "le")
        if all(tests):
            found += [value for name, _, value in matchers if name == "le"]
    return found


def _holds(label: str, how: str, value: str) -> bool:
    if how == "=":
        return label == value
    return bool(re.fullmatch(value, label)) == (how == "=~")


def test_the_committed_rules_are_those_of_budgets_toml(repository):
    for path, text in render(load(repository / "budgets.toml")).items():
        assert (repository / path).read_text() == text, f"{path} is stale: run manage.py budget render"
    rendered = {repository / path for path in render(load(repository / "budgets.toml"))}
    assert set((repository / "prometheus" / "rules").iterdir()) == rendered


def test_every_alert_says_how_bad_what_and_where_to_look(repository):
    for name, rule in alerts(repository).items():
        assert rule["labels"]["severity"] in ({"none"} if name == "Watchdog" else {"critical", "warning"})
        annotations = rule["annotations"]
        assert annotations["summary"] and annotations["description"] and annotations["dashboard_url"]
        assert (repository / annotations["runbook_url"]).is_file(), f"write the runbook of {name}"
        assert f"| {name} |" in (repository / "docs" / "operations.md").read_text()


def test_an_operation_is_held_to_its_class_objective(budgets_of):
    assert objectives(budgets_of(), "GET /api/cadets", "list") == ["0[.]2"]


def test_the_nearest_objective_counts_and_no_other(budgets_of):
    budgets = budgets_of("""
[[operation]]
match = "GET /api/cadets*"
latency = { p95_ms = 50 }
[[operation]]
match = "GET /api/cadets/{id}"
latency = { p95_ms = 20 }
[[operation]]
match = "GET /api/units"
queries = { max = 1 }
[[override]]
match = "GET /api/reports"
reason = "slow until the index is there"
expires = 2999-01-01
latency = { p95_ms = 1000 }
""")
    for operation, operation_class in [
        ("GET /api/cadets", "list"),
        ("GET /api/cadets/{id}", "detail"),
        ("GET /api/units", "list"),
        ("GET /api/reports", "report"),
        ("GET /api/apexads", "list"),
    ]:
        seconds = budgets.resolve(operation, operation_class).latency_p95_ms / 1000
        assert objectives(budgets, operation, operation_class) == [le_pattern(seconds)], operation


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0.2, ["0.2"]), (1.0, ["1", "1.0"]), (1.5, ["1.5"]), (10.0, ["10", "10.0"]), (0.075, ["0.075"])],
)
def test_a_bound_is_found_however_prometheus_writes_it(seconds, written):
    pattern = le_pattern(seconds)
    assert all(re.fullmatch(pattern, le) for le in written)
    assert not any(re.fullmatch(pattern, le) for le in ("0.25", "0x2", "1x0", "11", "100", "+Inf"))


@pytest.mark.parametrize("match", ["GET /api/cadets/{id}", "GET /a.b", "* /api/*", "sync.(x)+|$", "a?c"])
@pytest.mark.parametrize("name", ["GET /api/cadets/{id}", "GET /a.b", "GET /axb", "sync.(x)+|$", "abc"])
def test_a_match_means_the_same_to_prometheus_as_to_the_gate(match, name):
    assert bool(re.fullmatch(name_pattern(match), name)) == matches(match, name)


def test_a_tests_clock_shrinks_every_window_and_what_counts_in_it(budgets_of):
    scaled = rules(budgets_of(), clock=Clock(1 / 240))
    assert "[1250ms]" in scaled["operation:tacho_operations:rate5m"]["expr"]
    assert "[15000ms:1250ms]) * 1.25" in scaled["class:tacho_slow_operations:increase1h"]["expr"]
    assert "rate1h * 15 >= 50" in scaled["QueryCountRegression"]["expr"]
    assert "offset 360000ms" in scaled["QueryCountRegression"]["expr"]


@pytest.mark.parametrize(("factor", "allowed"), [(14.4, 0.07), (20, 0.05), (1, 1)])
def test_a_burn_that_could_never_fire_is_refused(factor, allowed):
    with pytest.raises(BudgetError, match="can never fire"):
        burn_limit(factor, allowed)


def test_without_an_objective_there_is_nothing_to_render():
    with pytest.raises(BudgetError, match="p95_ms"):
        render(Budgets())


def test_a_number_of_the_file_is_the_number_of_the_rule(budgets_of):
    threshold = '[threshold.pg_connections]\ndirection = "above"\nwarning = 17\ncritical = 23\nfor = "5m"\n'
    operation = '[[operation]]\nmatch = "GET /x"\nqueries = { max = 2 }\ncache = { min_hit_rate = 0.6 }\n'
    budgets = budgets_of(threshold + operation)
    assert [expr.split()[-1] for expr in expressions(budgets, "DatabaseConnections")] == ["17", "23"]
    [expr] = expressions(budgets, "QueryCountOverBudget")
    assert '{operation=~"GET /x"} > 2' in expr
    assert '{class="list",operation!~"GET /x"} > 5' in expr
    [expr] = expressions(budgets, "CacheHitRateUnderBudget")
    assert '{operation=~"GET /x"} < 0.6' in expr


def test_what_has_no_threshold_has_no_alert(budgets_of):
    found = rules(budgets_of())
    assert "DatabaseConnections" not in found
    assert "CacheHitRateUnderBudget" not in found
    assert {"Watchdog", "LatencyBurnFast", "ErrorBurnSlow", "QueryCountOverBudget"} <= found.keys()


def test_a_threshold_that_guards_nothing_is_refused(budgets_of):
    budgets = budgets_of('[threshold.pg_conections]\ndirection = "above"\nwarning = 17\nfor = "5m"\n')
    with pytest.raises(BudgetError, match=r"budgets.toml:\d+: threshold.pg_conections is used by no alert"):
        render(budgets)


def test_an_apps_alert_gets_its_numbers_from_the_file_too(budgets_of):
    budgets = budgets_of('[threshold.sync_conflicts]\ndirection = "above"\nwarning = 3\nfor = "10m"\n')
    alert = ThresholdAlert(
        name="SyncConflicts",
        threshold="sync_conflicts",
        expr="sum by (job) (rate(sync_conflicts_total[5m]))",
        summary="Devices overwrite each other",
        value="{{ $value }} a second",
        dashboard="tachograph-sync",
    )
    rule = rules(budgets, apps=[alert])["SyncConflicts"]
    assert (rule["expr"], rule["for"]) == ("sum by (job) (rate(sync_conflicts_total[5m])) > 3", "10m")
    assert rule["labels"] == {"severity": "warning"}
    assert rule["annotations"]["runbook_url"] == "docs/runbooks/SyncConflicts.md"


def test_an_alerts_name_is_given_once():
    alert = ThresholdAlert(name="Other", threshold="other", expr="up", summary="", value="")
    register(alert)
    try:
        register(alert)
        assert alert in registered()
        with pytest.raises(BudgetError, match="another name"):
            register(ThresholdAlert(name="Other", threshold="other", expr="down", summary="", value=""))
    finally:
        unregister("Other")
