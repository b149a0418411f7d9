"""grafana/: what it provisions fits the stack, and each panel shows data of the running service."""

import json
import re
from itertools import combinations
from math import isnan

import pytest
import yaml

# Grafana's variables as a reader would choose them.
CHOICES = {"$__rate_interval": "5s", "$job": ".*", "$class": ".*"}


@pytest.fixture(scope="module")
def dashboards(pytestconfig) -> dict[str, dict]:
    folder = pytestconfig.rootpath / "grafana" / "dashboards"
    return {path.name: json.loads(path.read_text()) for path in folder.glob("*.json")}


@pytest.fixture(scope="module")
def compose(pytestconfig) -> dict:
    return yaml.safe_load((pytestconfig.rootpath / "docker-compose.yml").read_text())


def provisioned(repository, kind: str) -> dict:
    [path] = (repository / "grafana" / "provisioning" / kind).glob("*.yml")
    return yaml.safe_load(path.read_text())


def expressions(dashboard: dict) -> dict[str, list[str]]:
    found = {}
    for panel in dashboard["panels"]:
        found[panel["title"]] = [target["expr"] for target in panel["targets"]]
    return found


def chosen(expr: str) -> str:
    for variable, choice in CHOICES.items():
        expr = expr.replace(variable, choice)
    return expr


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


def test_a_dashboard_can_be_linked_to_and_changed_only_here(repository, dashboards):
    uids = [dashboard["uid"] for dashboard in dashboards.values()]
    assert len(set(uids)) == len(uids)
    assert not any(dashboard["editable"] for dashboard in dashboards.values())
    alerts = yaml.safe_load((repository / "prometheus" / "rules" / "alerts.yml").read_text())
    for rule in alerts["groups"][0]["rules"]:
        uid, variable = re.search(r"/d/([\w-]+)\?var-(\w+)=", rule["annotations"]["dashboard_url"]).groups()
        [dashboard] = [each for each in dashboards.values() if each["uid"] == uid]
        assert variable in {each["name"] for each in dashboard["templating"]["list"]}


def test_panels_say_what_they_show_and_do_not_overlap(dashboards):
    for dashboard in dashboards.values():
        panels = dashboard["panels"]
        assert len({panel["id"] for panel in panels}) == len(panels)
        assert not any(cells(one) & cells(other) for one, other in combinations(panels, 2))
        for panel in panels:
            assert panel["description"] and panel["fieldConfig"]["defaults"]["unit"], panel["title"]
            assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24


def test_every_query_asks_the_chosen_data_source_and_job(dashboards):
    for dashboard in dashboards.values():
        for panel in dashboard["panels"]:
            for target in panel["targets"]:
                assert target["datasource"]["uid"] == "${datasource}"
                assert "ALERTS" in target["expr"] or '{job=~"$job"' in target["expr"], panel["title"]


@pytest.mark.needs("prometheus")
def test_every_panel_shows_data_of_the_running_service(prometheus, clients, eventually, dashboards):
    # the cache is looked up by nothing that the clients do
    silent = {"Cache hit rate"}
    eventually(lambda: prometheus.samples("class:tacho_latency_burn:ratio5m"), 60, "the rules are evaluated")
    for dashboard in dashboards.values():
        for title, found in expressions(dashboard).items():
            for expr in map(chosen, found):
                figures = [figure for figure in prometheus.samples(expr) if not isnan(figure)]
                assert figures or title in silent, f"{title}: no data for {expr}"
