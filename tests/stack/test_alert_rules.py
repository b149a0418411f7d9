"""Each alert fires when it should, and neither otherwise nor on low traffic: promtool over rendered rules."""

import json
import subprocess

import pytest
import yaml

from devservices.binaries import find
from monitoring.budgets.load import load
from monitoring.budgets.rules import render
from tests.stack import alert_cases as cases

ALERTS = 'count by (alertname, severity, window) (ALERTS{alertstate="firing",alertname!="Watchdog"})'
ALWAYS = {'tacho_slots{job="tachograph",state="used"}': "3x20000"}


@pytest.fixture(scope="module")
def rendered(pytestconfig, tmp_path_factory):
    """A folder with the rules of the tests' own budgets."""
    folder = tmp_path_factory.mktemp("rules")
    for path, text in render(load(pytestconfig.rootpath / "tests/stack/budgets.toml")).items():
        (folder / path.name).write_text(text)
    return folder


@pytest.fixture
def promtool(rendered, tmp_path):
    def run(tests: list[dict], evaluation: str = "1m") -> None:
        path = tmp_path / "cases.yml"
        document = {
            "rule_files": [str(rendered / "recording.yml"), str(rendered / "alerts.yml")],
            "evaluation_interval": evaluation,
            "group_eval_order": ["tachograph-recording", "tachograph-alerts"],
            "tests": tests,
        }
        path.write_text(json.dumps(document))
        done = subprocess.run(
            [find("promtool"), "test", "rules", path], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    return run


def test(case: cases.Case, always: dict[str, str]) -> dict:
    """The case as promtool has it."""
    names = ("alertname", "severity", "window")
    samples = [
        {
            "labels": "{" + ",".join(f'{k}="{v}"' for k, v in zip(names, fired, strict=False)) + "}",
            "value": 1,
        }
        for fired in sorted(case.fires)
    ]
    return {
        "name": case.name,
        "interval": "1m",
        "input_series": [{"series": s, "values": v} for s, v in (always | case.series).items()],
        "promql_expr_test": [{"expr": ALERTS, "eval_time": case.at, "exp_samples": samples}],
    }


test.__test__ = False


@pytest.mark.needs("promtool")
@pytest.mark.parametrize("case", cases.BURNS, ids=lambda case: case.name)
def test_exactly_these_burn(promtool, case):
    promtool([test(case, ALWAYS)], evaluation="5m")


@pytest.mark.needs("promtool")
@pytest.mark.parametrize("case", cases.THRESHOLDS, ids=lambda case: case.name)
def test_exactly_these_thresholds_are_passed(promtool, case):
    promtool([test(case, ALWAYS)])


@pytest.mark.needs("promtool")
@pytest.mark.parametrize("case", [*cases.COSTS, *cases.LAST_WEEK], ids=lambda case: case.name)
def test_a_cost_against_its_budget_and_its_past(promtool, case):
    # A week's minutes are many; nothing here turns on a few of them.
    promtool([test(case, ALWAYS)], evaluation="15m")


@pytest.mark.needs("promtool")
@pytest.mark.parametrize("case", cases.ABSENT, ids=lambda case: case.name)
def test_silence_is_told(promtool, case):
    promtool([test(case, {})])


def test_every_alert_has_a_case_that_fires(rendered):
    every = [*cases.BURNS, *cases.COSTS, *cases.LAST_WEEK, *cases.THRESHOLDS, *cases.ABSENT]
    fired = {(alert[0], alert[1]) for case in every for alert in case.fires} | {("Watchdog", "none")}
    rules = yaml.safe_load((rendered / "alerts.yml").read_text())["groups"][0]["rules"]
    assert fired == {(rule["alert"], rule["labels"]["severity"]) for rule in rules}


@pytest.mark.needs("promtool")
def test_the_texts_say_what_where_and_how_to_go_on(promtool):
    """Templates are expanded, and links lead to the operation."""
    slow = cases.operation(cases.LIST, "0+60x120", within=("0.2", "0+6x120"), queries="0+420x120")
    labels = {"job": "tachograph", **cases.LIST}
    expected = {
        "LatencyBurnFast": {
            "exp_labels": {"severity": "critical", "budget": "latency", "window": "1h"}
            | {key: labels[key] for key in ("job", "kind", "class")},
            "exp_annotations": {
                "summary": "Operations of class list are slower than their objective",
                "description": (
                    "The latency budget of class list (request) is being used up 18.0 times too fast "
                    "over 1h, and still is over 5m. The slowest now: GET /api/municipalities."
                ),
                "runbook_url": "docs/runbooks/LatencyBurnFast.md",
                "dashboard_url": (
                    "http://127.0.0.1:3000/d/tachograph-overview?var-job=tachograph&var-class=list"
                ),
            },
        },
        "QueryCountOverBudget": {
            "exp_labels": {"severity": "warning"} | labels,
            "exp_annotations": {
                "summary": "GET /api/municipalities: more queries than its budget allows",
                "description": "GET /api/municipalities (list) averages 7.0 queries a run.",
                "runbook_url": "docs/runbooks/QueryCountOverBudget.md",
                "dashboard_url": (
                    "http://127.0.0.1:3000/d/tachograph-endpoint?var-job=tachograph"
                    "&var-operation=GET+%2Fapi%2Fmunicipalities"
                ),
            },
        },
    }
    others = ("6h", {"window": "6h"})
    series = [{"series": s, "values": v} for s, v in (ALWAYS | slow).items()]
    fast = expected["LatencyBurnFast"]
    six = {
        "exp_labels": fast["exp_labels"] | others[1],
        "exp_annotations": fast["exp_annotations"]
        | {
            "description": fast["exp_annotations"]["description"]
            .replace("over 1h", "over 6h")
            .replace("over 5m", "over 30m")
        },
    }
    checks = [
        {"alertname": "LatencyBurnFast", "eval_time": "100m", "exp_alerts": [fast, six]},
        {
            "alertname": "QueryCountOverBudget",
            "eval_time": "100m",
            "exp_alerts": [expected["QueryCountOverBudget"]],
        },
    ]
    promtool([{"interval": "1m", "input_series": series, "alert_rule_test": checks}])
