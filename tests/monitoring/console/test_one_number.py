"""A number of budgets.toml is written once: changed there, it changes gate, rule, dashboard and page."""

import json
import re
from types import SimpleNamespace

import pytest
import yaml

from monitoring.budgets import dashboards, rules, valid_budgets
from monitoring.budgets.gate.absolute import absolute

NAME, CLASS = "GET /api/municipalities", "list"
COMMITTED, CHANGED = 200, 275


@pytest.fixture(params=[COMMITTED, CHANGED])
def promised(request, repository, tmp_path, settings):
    """The p95 that budgets.toml promises for lists, in milliseconds: the committed one, and another."""
    path = tmp_path / "budgets.toml"
    old, new = (f"[class.list]\nlatency = {{ p95_ms = {number}," for number in (COMMITTED, request.param))
    text = (repository / "budgets.toml").read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    settings.TACHOGRAPH = settings.TACHOGRAPH | {"BUDGETS": path}
    return request.param


def test_the_gate(promised):
    large = SimpleNamespace(times_ms=(250.0,) * 20, cold=SimpleNamespace(slow_queries=[]))
    measured = SimpleNamespace(name=NAME, large=large)
    found = list(absolute(measured, valid_budgets().resolve(NAME, CLASS), is_dedicated=True))
    assert [finding.level for finding in found] == (["error"] if promised < 250 else [])


def test_the_rule(promised):
    texts = [text for path, text in rules.render(valid_budgets()).items() if path.suffix == ".yml"]
    groups = [group for text in texts for group in yaml.safe_load(text)["groups"]]
    expressions = [rule["expr"] for group in groups for rule in group["rules"]]
    bounds = {
        bound for one in expressions if 'class="list"' in one for bound in re.findall(r'le=~"([^"]+)"', one)
    }
    assert any(re.fullmatch(bound.replace("\\\\", "\\"), str(promised / 1000)) for bound in bounds)
    other = CHANGED if promised == COMMITTED else COMMITTED
    assert not any(re.fullmatch(bound.replace("\\\\", "\\"), str(other / 1000)) for bound in bounds)


def test_the_dashboards_line(promised):
    [overview] = [
        json.loads(text)
        for path, text in dashboards.render(valid_budgets()).items()
        if path.name == "overview.json"
    ]
    [panel] = [panel for panel in overview["panels"] if panel["title"] == "Class list: latency"]
    steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert promised / 1000 in [step["value"] for step in steps]


def test_the_consoles_line(promised, story, boss):
    page = boss.get(f"/console/endpoints/{story.operation.pk}/?window=15m").content.decode()
    assert re.search(rf'<script id="latency" type="application/json">.*?"limit": {promised}\b', page)
