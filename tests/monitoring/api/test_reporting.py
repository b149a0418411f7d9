"""`budget check --report URL`: the run reaches the service, and a service that is down stops nobody."""

import json

import pytest
from rest_framework_simplejwt.tokens import AccessToken
from rich.console import Console

from accounts.models import Role, User
from monitoring.budgets.actions.publishing import publish
from monitoring.budgets.gate.check import Report
from monitoring.store.models import GateRun

OPTIONS = {"format": "json", "write": [], "against": "origin/main"}


@pytest.fixture
def token(transactional_db):
    return str(AccessToken.for_user(User.objects.create_user("ci", role=Role.ADMIN)))


def test_the_run_is_in_the_store(live_server, token, monkeypatch, capsys):
    monkeypatch.setenv("TACHOGRAPH_TOKEN", token)
    monkeypatch.setenv("CI_JOB_URL", "https://ci.example/jobs/17")
    monkeypatch.setenv("CI_COMMIT_REF_NAME", "cadets")
    for name in ("GITHUB_HEAD_REF", "GITHUB_REF_NAME", "GITHUB_RUN_ID"):
        monkeypatch.delenv(name, raising=False)
    report = Report(problems=["budgets.toml: is missing"])
    publish(report, OPTIONS | {"report": live_server.url + "/"}, Console())
    kept = GateRun.objects.get()
    assert (kept.outcome, kept.base, kept.branch, kept.by) == ("broken", "origin/main", "cadets", "ci")
    assert kept.url == "https://ci.example/jobs/17"
    assert len(kept.revision) == 40
    assert kept.report["problems"] == ["budgets.toml: is missing"]
    assert "warning" not in capsys.readouterr().err


@pytest.mark.parametrize(("token", "says"), [("", "401"), ("wrong", "401")])
def test_who_may_not_is_told_and_the_gate_goes_on(live_server, token, says, monkeypatch, capsys):
    monkeypatch.setenv("TACHOGRAPH_TOKEN", token)
    publish(Report(), OPTIONS | {"report": live_server.url}, Console())
    out, err = capsys.readouterr()
    assert json.loads(out)["exit_code"] == 0
    assert f"did not take the gate's run: {says}" in err
    assert not GateRun.objects.exists()


def test_a_service_that_is_down_is_told_and_the_gate_goes_on(capsys, unused_port):
    publish(Report(), OPTIONS | {"report": f"http://127.0.0.1:{unused_port}"}, Console())
    assert "cannot be told of the gate's run" in capsys.readouterr().err


@pytest.fixture
def unused_port():
    from socket import socket

    with socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
