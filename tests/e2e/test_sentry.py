"""What Sentry gets, through its own protocol: errors and findings once each, nothing that is personal."""

import os
import subprocess
import sys
import time
from collections import Counter

import pytest

from tests.e2e.load import send_all
from tests.e2e.sentry_server import SentryServer
from tests.e2e.web import ROOT, PeopleGunicorn

REPEATED = 6
SECRET = "maria.zqxj@example.org"
TASK = f"""
import django
django.setup()
from tests.e2e.people.tasks import greet
greet.delay("{SECRET}")
"""


@pytest.fixture(scope="module")
def sentry():
    with SentryServer() as server:
        yield server


@pytest.fixture(scope="module")
def events(sentry, serve, people_env):
    """By their finding, after some requests to each view."""
    server = serve(
        PeopleGunicorn, people_env | {"SENTRY_DSN": sentry.dsn}, "--workers", "1", "--threads", "2"
    )
    names = "&".join(f"name={SECRET}{number}" for number in range(8))
    paths = [f"/people/find?email={SECRET}", f"/people/loop?{names}", f"/people/fail?email={SECRET}"]
    tally = send_all(server.port, paths * REPEATED, clients=1)
    assert tally.statuses == {200: 2 * REPEATED, 500: REPEATED}
    deadline = time.monotonic() + 20
    wanted = {"slow_query", "nplusone", "budget", "error"}
    while not wanted <= {event["tags"]["finding"] for event in sentry.events}:
        assert time.monotonic() < deadline, sentry.events
        time.sleep(0.1)
    return sentry.events


def of(events, finding, operation=None):
    return [
        event
        for event in events
        if event["tags"]["finding"] == finding and operation in (None, event["tags"].get("operation"))
    ]


def line_of(text):
    path = ROOT / "tests" / "e2e" / "people" / "views.py"
    (number,) = [n for n, line in enumerate(path.read_text().splitlines(), 1) if text in line]
    return f"{path.relative_to(ROOT)}:{number}"


def test_each_finding_is_sent_once_however_often_it_is_found(events):
    fingerprints = Counter(tuple(event["fingerprint"]) for event in events if len(event["fingerprint"]) > 1)
    assert set(fingerprints.values()) == {1}


def test_a_slow_query_with_its_line_operation_and_request(events):
    (event,) = of(events, "slow_query", "GET /people/find")
    assert event["fingerprint"][:2] == ["tachograph", "slow_query"]
    assert event["fingerprint"][2] == event["tags"]["query"]
    assert line_of("planted: the sequential scan") in event["message"]
    told = event["contexts"]["tachograph"]
    assert told["sql"].endswith('WHERE "people_person"."email" = ?')
    assert told["duration_ms"] >= 5
    assert event["tags"]["request_id"]
    assert event["transaction"] == "GET /people/find"


def test_an_nplusone(events):
    (event,) = of(events, "nplusone")
    assert "8 runs" in event["message"]
    assert line_of("found = [Visitor.objects.filter") in event["message"]


def test_a_broken_budget_by_promise_and_operation(events):
    found = {tuple(event["fingerprint"]) for event in of(events, "budget")}
    assert ("tachograph", "budget", "nplusone", "GET /people/loop") in found
    assert ("tachograph", "budget", "errors", "GET /people/fail") in found


def test_an_error_with_its_stack_and_without_its_message(events):
    (event,) = of(events, "error")
    first, second = event["exception"]["values"]
    assert (first["type"], second["type"]) == ("LookupError", "NoSuchPersonError")
    innermost = second["stacktrace"]["frames"][-1]
    assert innermost["function"] == "fail"
    assert "vars" not in innermost
    assert event["tags"]["operation"] == "GET /people/fail"
    assert event["tags"]["request_id"]
    assert not {"request", "user", "breadcrumbs", "extra"} & event.keys()


def test_nothing_personal_is_in_any_envelope(sentry, events):
    assert sentry.raw
    assert not [envelope for envelope in sentry.raw if b"zqxj" in envelope]


@pytest.mark.parametrize(
    ("command", "operation"),
    [
        (["-m", "django", "break_down", SECRET], "break_down"),
        (["-c", TASK], "tests.e2e.people.tasks.greet"),
    ],
    ids=["command", "task"],
)
def test_errors_of_commands_and_tasks(people_env, folder, command, operation):
    """Sent before the process is gone."""
    with SentryServer() as sentry:
        env = {
            **os.environ,
            **people_env,
            "SENTRY_DSN": sentry.dsn,
            "TACHOGRAPH_DIR": str(folder / "commands"),
        }
        subprocess.run([sys.executable, *command], env=env, capture_output=True, check=False)
        (event,) = of(sentry.events, "error")
        assert event["exception"]["values"][-1]["type"] == "RuntimeError"
        assert event["tags"]["operation"] == operation
        assert b"zqxj" not in b"".join(sentry.raw)


@pytest.mark.parametrize("dsn", ["", "http://public@127.0.0.1:9/42"])
def test_without_a_dsn_nothing_of_sentry_is_imported(people_env, run, dsn):
    code = "import django, sys; django.setup(); print('sentry_sdk' in sys.modules)"
    said = run([sys.executable, "-c", code], people_env | {"SENTRY_DSN": dsn})
    assert said.strip() == str(bool(dsn))


def test_a_sentry_that_is_down_harms_nobody(serve, people_env):
    env = people_env | {"SENTRY_DSN": "http://public@127.0.0.1:9/42"}
    server = serve(PeopleGunicorn, env, "--workers", "1", "--threads", "2")
    tally = send_all(server.port, [f"/people/find?email={SECRET}"] * REPEATED, clients=1)
    assert tally.statuses == {200: REPEATED}
