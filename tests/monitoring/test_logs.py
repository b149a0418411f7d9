"""Log lines: one for each slow or broken operation, with lines of code and ids, and no values."""

import json
import logging

import pytest
from django.db import connection

from monitoring import operation
from monitoring.budgets import budgets
from monitoring.logs import JsonFormatter

pytestmark = pytest.mark.django_db


@pytest.fixture
def lines(caplog):
    """The recorder's log lines as JSON."""

    def parsed():
        return [
            json.loads(JsonFormatter().format(record))
            for record in caplog.records
            if record.name == "tachograph.operation"
        ]

    return parsed


def execute(value):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s", (value,))


def test_an_operation_that_keeps_its_budget_says_nothing(lines):
    with operation("quiet"):
        execute(1)
    assert lines() == []


def test_an_n_plus_one_is_told_with_file_and_line_and_no_value(lines):
    with operation("loud", operation_class="list"):
        for value in range(budgets().recording.nplusone_runs + 1):
            execute(f"secret {value}")
    (line,) = lines()
    assert line["operation"] == "loud"
    assert "nplusone" in line["breaches"]
    (finding,) = [one for one in line["findings"] if one["fault"] == "nplusone"]
    assert finding["at"] == f"tests/monitoring/test_logs.py:{execute.__code__.co_firstlineno + 2} in execute"
    assert finding["runs"] == budgets().recording.nplusone_runs + 1
    assert finding["at"] in line["message"]
    assert "secret" not in json.dumps(line)


def test_every_line_has_the_ids_of_what_is_running():
    record = logging.LogRecord("app", logging.INFO, "app.py", 1, "hello %s", ("world",), None)
    with operation("running") as running:
        running.request_id, running.trace_id = "the-request", "the-trace"
        line = json.loads(JsonFormatter().format(record))
    assert (line["message"], line["request_id"], line["trace_id"]) == (
        "hello world",
        "the-request",
        "the-trace",
    )
    assert "request_id" not in json.loads(JsonFormatter().format(record))


def test_extras_and_exceptions_are_on_the_line():
    try:
        raise ValueError("why")
    except ValueError as error:
        info = (type(error), error, error.__traceback__)
    record = logging.LogRecord("app", logging.ERROR, "app.py", 1, "broken", (), info)
    record.detail = {1, 2}
    line = json.loads(JsonFormatter().format(record))
    assert line["detail"] == "{1, 2}"
    assert line["exception"].endswith("builtins.ValueError")
    assert 'raise ValueError("why")' in line["exception"]
    told = json.loads(JsonFormatter(exception_messages=True).format(record))
    assert "ValueError: why" in told["exception"]


def test_what_an_exception_says_is_not_told_nor_of_those_it_came_from():
    name = "maria"
    try:
        try:
            raise KeyError(f"{name} is not there")
        except KeyError as error:
            raise ValueError(f"{name} is wrong") from error
    except ValueError as error:
        info = (type(error), error, error.__traceback__)
    record = logging.LogRecord("app", logging.ERROR, "app.py", 1, "broken", (), info)
    line = json.loads(JsonFormatter().format(record))
    assert "maria" not in line["exception"].replace('name = "maria"', "")
    assert line["exception"].index("builtins.KeyError") < line["exception"].index("builtins.ValueError")


def test_a_message_that_is_the_exceptions_own_tells_its_type():
    """As Django's log of suspicious operations does."""
    error = ValueError("maria is up to something")
    record = logging.LogRecord("app", logging.ERROR, "", 1, f"odd: {error}", (), (ValueError, error, None))
    assert json.loads(JsonFormatter().format(record))["message"] == "odd: ValueError"


def test_a_request_is_told_by_its_name_without_path_or_query(rf, settings):
    settings.ROOT_URLCONF = "monitoring.urls"
    request = rf.get("/people/maria?token=secret")
    record = logging.LogRecord("django.request", logging.ERROR, "", 1, "Error: %s", (request.path,), None)
    record.request = request
    line = json.loads(JsonFormatter().format(record))
    assert line["message"] == "Error: GET _unmatched"
    assert "request" not in line


@pytest.mark.parametrize(("operation_class", "level"), [("system", "DEBUG"), ("report", "WARNING")])
def test_a_maintenance_command_is_not_warned_of(lines, caplog, operation_class, level):
    with (
        caplog.at_level("DEBUG", "tachograph.operation"),
        operation("migrate", kind="command", operation_class=operation_class),
    ):
        for value in range(50):
            execute(value)
    (line,) = lines()
    assert (line["operation"], line["level"]) == ("migrate", level)
