"""A plan on a page."""

from django.utils import timezone

from monitoring.console.plan import MOST_DEEP, shown
from monitoring.reports.shapes import PlanFigures


def plan_of(tree):
    return PlanFigures(timezone.now(), {"Plan": tree}, "", 100.0, [], [])


def test_the_share_of_each_step_is_of_its_own_cost():
    scan = {"Node Type": "Seq Scan", "Relation Name": "thing", "Total Cost": 80.0, "Plan Rows": 5}
    found = shown(plan_of({"Node Type": "Sort", "Total Cost": 100.0, "Plan Rows": 5, "Plans": [scan]}))
    assert found.root.share == 0.2
    assert found.costly.node.relation == "thing"
    assert found.costly.share == 0.8
    assert found.costly.width == "80.0"


def test_one_without_a_plan_shows_nothing():
    assert shown(None).root is None
    assert shown(PlanFigures(timezone.now(), None, "It is no SELECT.", None, [], [])).root is None


def test_a_bottomless_one_is_cut():
    tree = {"Node Type": "Seq Scan", "Total Cost": 1.0, "Plan Rows": 1}
    for _ in range(300):
        tree = {"Node Type": "Result", "Total Cost": 1.0, "Plan Rows": 1, "Plans": [tree]}
    step, depth = shown(plan_of(tree)).root, 0
    while step.children:
        step, depth = step.children[0], depth + 1
    assert depth == MOST_DEEP
