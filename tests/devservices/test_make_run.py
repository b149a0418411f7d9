"""What a newcomer sees of `make run`."""

import json
import re
import signal
import socket
import time

import pytest

from devservices import binaries

COUNTED = 'tacho_operations_total{class="list",kind="request",operation="GET /api/municipalities"'


@pytest.mark.parametrize("embedded", ["1", "0"], ids=["embedded", "machine"])
def test_serves_real_municipalities_and_counts_their_queries(start, embedded):
    if embedded == "0" and (binaries.find("initdb") is None or binaries.find("redis-server") is None):
        pytest.skip("no servers of the machine's own")
    run = start(TACHOGRAPH_EMBEDDED=embedded)
    run.ready()
    assert run.output.count("(embedded)") == (2 if embedded == "1" else 0)
    name, password = re.search(r"^  Name +(\S+)\n  Password +(\S+)$", run.output, re.MULTILINE).groups()
    token = json.loads(run.ask("/api/auth/login", {"username": name, "password": password}))["token"]
    answer = json.loads(run.ask("/api/municipalities?limit=100", token=token))
    assert len(answer["data"]) == 100
    assert answer["total"] > 1600
    assert COUNTED in run.ask("/metrics")
    commands = [" ".join(command) for command in run.commands().values()]
    assert sum("gunicorn" in command for command in commands) >= 3  # the arbiter and two workers
    assert (run.crash() if embedded == "0" else run.stop()) == []
    assert "Traceback" not in run.output


def test_a_second_run_keeps_its_data_and_starts_in_seconds(start):
    own = {"TACHOGRAPH_EMBEDDED": "1", "DEMO_ADMIN_PASSWORD": "a password of my own"}
    first = start(**own)
    first.ready()
    assert first.stop() == []
    second = start(**own)
    assert second.ready() < 20
    assert "Loading" not in second.output
    assert second.ask("/api/auth/login", {"username": "admin", "password": "a password of my own"})
    third = start(**own)
    assert third.process.wait(60) != 0
    assert "`make run` is at work in" in third.output
    assert second.stop(signal.SIGINT) == []


@pytest.mark.parametrize("delay", [0.5, 2, 3.5])
def test_stopped_on_its_way_up_it_leaves_nothing(start, delay):
    run = start(TACHOGRAPH_EMBEDDED="1")
    time.sleep(delay)  # the moment is the point: anywhere on the way
    assert run.stop() == []


def test_a_port_in_use_is_a_sentence(start):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = start(PORT=str(port))
        assert run.process.wait(60) != 0
    assert f"Port {port} of 127.0.0.1 is in use: stop what listens there, or choose another" in run.output
    assert "Traceback" not in run.output


def test_a_port_that_is_none_is_a_sentence(start):
    run = start(PORT="http")
    assert run.process.wait(60) != 0
    assert "PORT='http' is no port: choose a number from 1 to 65535." in run.output


@pytest.mark.parametrize(
    ("variable", "url"),
    [("DATABASE_URL", "postgres://nobody:x@127.0.0.1:1/none"), ("REDIS_URL", "redis://127.0.0.1:1/0")],
)
def test_a_server_that_does_not_answer_is_a_sentence(start, variable, url):
    run = start(TACHOGRAPH_EMBEDDED="1", **{variable: url})
    assert run.process.wait(60) != 0
    assert f"{variable} names a " in run.output
    assert "Traceback" not in run.output
    assert run.processes() == []
