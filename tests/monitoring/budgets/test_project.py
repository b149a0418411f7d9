"""This project's own budgets.toml and scenarios leave nothing open. (`make gate` measures what they cost.)"""

import pytest

from monitoring import names
from monitoring.budgets import valid_budgets
from monitoring.budgets.gate.catalogue import known_operations, needing_scenarios
from monitoring.budgets.gate.entries import coverage_gaps, stale_entries
from monitoring.errors import BudgetError
from monitoring.scenarios import scenario, scenarios


def test_every_entry_names_an_operation_and_none_has_expired():
    assert stale_entries(valid_budgets(), known_operations()) == []


def test_every_operation_of_the_schema_and_every_task_has_a_scenario():
    needed = needing_scenarios()

    assert {
        "GET /api/municipalities",
        "GET /api/municipalities/{psgc_code}",
        "POST /api/auth/login",
    } <= needed
    assert coverage_gaps(valid_budgets(), needed, known_operations()) == []


def test_an_operation_without_a_scenario_is_told():
    needed = {*needing_scenarios(), "GET /api/nothing"}

    [gap] = coverage_gaps(valid_budgets(), needed, known_operations())
    assert gap.startswith("operation GET /api/nothing has no scenario: declare one")


def test_the_names_are_those_the_recorder_gives(rf):
    known = known_operations()
    for path in ("/api/municipalities", "/api/municipalities/0102801000", "/healthz", "/metrics"):
        name, operation_class, *_ = names.name(rf.get(path))
        assert known[name].operation_class == operation_class
    assert known["migrate"].kind == "command"


def test_a_second_scenario_for_an_operation_is_refused():
    name, first = next(iter(scenarios().items()))
    with pytest.raises(BudgetError, match="has a scenario already, at"):

        @scenario(name, seed=lambda n: None)
        def again(client, world): ...

    assert scenarios()[name] is first
