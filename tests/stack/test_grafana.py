"""grafana/: rendered from budgets.toml, what Grafana accepts, and fitting the stack."""

import json
import re
from itertools import combinations

import jsonschema
import pytest
import yaml

from monitoring.budgets.dashboards import render
from monitoring.budgets.load import load
from monitoring.errors import BudgetError
from monitoring.panels import Panel, Query, register, registered, unregister
from tests.stack.panels import dashboards_of, expressions, panels_of


@pytest.fixture(scope="module")
def dashboards(pytestconfig) -> dict[str, dict]:
    return dashboards_of(pytestconfig.rootpath)


@pytest.fixture(scope="module")
def compose(pytestconfig) -> dict:
    return yaml.safe_load((pytestconfig.rootpath / "docker-compose.yml").read_text())


def provisioned(repository, kind: str) -> dict:
    [path] = (repository / "grafana" / "provisioning" / kind).glob("*.yml")
    return yaml.safe_load(path.read_text())


def cells(panel: dict) -> set[tuple[int, int]]:
    grid = panel["gridPos"]
    columns = range(grid["x"], grid["x"] + grid["w"])
    return {(x, y) for x in columns for y in range(grid["y"], grid["y"] + grid["h"])}


def test_the_data_source_is_the_stacks_prometheus(repository, compose):
    [source] = provisioned(repository, "datasources")["datasources"]
    host = re.fullmatch(r"http://([a-z]+):9090", source["url"])[1]
    services = compose["services"]
    assert set(services["grafana"]["networks"]) & set(services[host]["networks"])


def test_the_dashboards_are_mounted_where_they_are_looked_for(repository, compose, dashboards):
    [provider] = provisioned(repository, "dashboards")["providers"]
    mounted = f"./grafana/dashboards:{provider['options']['path']}:ro"
    grafana = compose["services"]["grafana"]
    assert mounted in grafana["volumes"]
    home = grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home.removeprefix(provider["options"]["path"] + "/") in dashboards
    assert provider["allowUiUpdates"] is False


def test_the_committed_dashboards_are_those_of_budgets_toml(repository):
    rendered = render(load(repository / "budgets.toml"))
    for path, text in rendered.items():
        assert (repository / path).read_text() == text, f"{path} is stale: run manage.py budget render"
    assert set((repository / "grafana" / "dashboards").iterdir()) == {repository / path for path in rendered}


def test_grafanas_own_schema_accepts_them(repository, dashboards):
    schema = json.loads((repository / "tests" / "stack" / "grafana_dashboard.schema.json").read_text())
    validator = jsonschema.Draft7Validator(schema)
    faults = [
        f"{name}: {list(error.absolute_path)}: {error.message[:200]}"
        for name, dashboard in dashboards.items()
        for error in validator.iter_errors(dashboard)
    ]
    assert faults == []


def test_an_alert_leads_to_a_dashboard_that_knows_what_it_names(repository, dashboards):
    by_uid = {dashboard["uid"]: dashboard for dashboard in dashboards.values()}
    assert len(by_uid) == len(dashboards)
    assert not any(dashboard["editable"] for dashboard in dashboards.values())
    alerts = yaml.safe_load((repository / "prometheus" / "rules" / "alerts.yml").read_text())
    for rule in alerts["groups"][0]["rules"]:
        address = rule["annotations"]["dashboard_url"]
        dashboard = by_uid[re.search(r"/d/([\w-]+)", address)[1]]
        known = {variable["name"] for variable in dashboard["templating"]["list"]}
        assert set(re.findall(r"var-(\w+)=", address)) <= known, rule["alert"]


def test_every_dashboard_lets_one_choose_and_leads_on(dashboards):
    for dashboard in dashboards.values():
        chosen = [variable["name"] for variable in dashboard["templating"]["list"]]
        assert chosen[:3] == ["datasource", "job", "instance"]
        links = {link["title"]: link for link in dashboard["links"]}
        assert links["Console"]["url"].endswith("/console/")
        assert links["Runbooks"]["url"]
        [deployments] = dashboard["annotations"]["list"]
        assert deployments["target"]["tags"] == ["deploy"]


def test_panels_say_what_they_show_and_do_not_overlap(repository, dashboards):
    for name, dashboard in dashboards.items():
        panels = list(panels_of(dashboard))
        ids = [panel["id"] for panel in [*panels, *(p for p in dashboard["panels"] if p["type"] == "row")]]
        assert len(set(ids)) == len(ids)
        for panel in panels:
            assert panel["description"] and panel["fieldConfig"]["defaults"]["unit"], panel["title"]
            assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
            for link in panel.get("links", []):
                assert (repository / link["url"]).is_file(), f"{name}: {panel['title']}: {link['url']}"
        # Those of a collapsed row lie where they will be when it is opened.
        shown = list(dashboard["panels"])
        opened = [row.get("panels", []) for row in shown if row["type"] == "row"]
        for group in (shown, *opened):
            clash = [(a["title"], b["title"]) for a, b in combinations(group, 2) if cells(a) & cells(b)]
            assert clash == [], name


def test_every_query_asks_the_chosen_data_source_and_job(dashboards):
    for dashboard in dashboards.values():
        for panel in panels_of(dashboard):
            for target in panel["targets"]:
                assert target["datasource"]["uid"] == "${datasource}"
                assert 'job=~"$job"' in target["expr"], panel["title"]


def test_a_number_of_the_file_is_a_line_of_the_panel(repository, tmp_path):
    text = (repository / "budgets.toml").read_text()
    changed = tmp_path / "budgets.toml"
    changed.write_text(
        text.replace("[class.list]\nlatency = { p95_ms = 200", "[class.list]\nlatency = { p95_ms = 230")
    )
    [overview] = [
        json.loads(text) for path, text in render(load(changed)).items() if path.name == "overview.json"
    ]
    [panel] = [panel for panel in panels_of(overview) if panel["title"] == "Class list: latency"]
    assert [step["value"] for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]][1] == 0.23


def test_an_apps_panel_joins_its_dashboard(repository):
    query = Query("sum(rate(sync_conflicts_total{$selector}[$__rate_interval]))", "conflicts")
    panel = Panel("Conflicts", "What two devices changed at once.", "cps", (query,))
    register("tachograph-sync", panel)
    try:
        assert registered("tachograph-sync") == [panel]
        with pytest.raises(BudgetError, match="another title"):
            register("tachograph-sync", Panel("Conflicts", "Others.", "cps", (query,)))
        texts = render(load(repository / "budgets.toml"))
        [sync] = [json.loads(text) for path, text in texts.items() if path.name == "sync.json"]
        expected = 'sum(rate(sync_conflicts_total{job=~"$job",instance=~"$instance"}[$__rate_interval]))'
        assert expected in [expr for _, expr in expressions(sync)]
    finally:
        unregister("tachograph-sync", "Conflicts")
