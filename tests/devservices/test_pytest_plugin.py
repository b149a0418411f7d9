"""The plugin in a pytest session of its own, as a child process: what it starts, stops, skips and fails."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

INI = """
[pytest]
addopts = -p devservices.pytest_plugin -p no:django -p no:asyncio -p no:cacheprovider
markers = needs(*programs): as in pyproject.toml
"""
OF_THIS_SESSION = {"DATABASE_URL", "REDIS_URL", "CI"}
WAITS = """
import os, pathlib, time
def test_waits():
    assert os.environ["DATABASE_URL"] and os.environ["REDIS_URL"]
    pathlib.Path("started").touch()
    time.sleep(60)
"""
NEEDS = """
import pytest
@pytest.mark.needs("no-such-program")
def test_needs(): pass
"""


@pytest.fixture
def session(repository, tmp_path):
    """start(test, **environment): a pytest session over one test file, its output in tmp_path/output."""
    children = []
    inherited = {key: value for key, value in os.environ.items() if key not in OF_THIS_SESSION}

    def start(test, **environment):
        (tmp_path / "pytest.ini").write_text(INI)
        (tmp_path / "test_it.py").write_text(test)
        with (tmp_path / "output").open("w") as output:
            command = [sys.executable, "-m", "pytest", "-rs"]
            env = inherited | {"PYTHONPATH": str(repository)} | environment
            child = subprocess.Popen(command, cwd=tmp_path, env=env, stdout=output, stderr=subprocess.STDOUT)
        children.append(child)
        return child

    yield start
    for child in children:
        child.kill()
        child.wait()


def servers_of(child, tmp_path):
    """The servers of a session, once its test is running."""
    deadline = time.monotonic() + 60
    while not (tmp_path / "started").exists():
        assert child.poll() is None and time.monotonic() < deadline, (tmp_path / "output").read_text()
        time.sleep(0.05)
    return psutil.Process(child.pid).children()


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_however_the_session_ends_its_servers_end(session, tmp_path, end):
    child = session(WAITS)
    servers = servers_of(child, tmp_path)
    assert len(servers) == 2
    folder = Path(servers[0].cwd()).parent
    child.send_signal(end)
    child.wait(30)
    _, alive = psutil.wait_procs(servers, timeout=15)
    assert alive == []
    assert folder.exists() == (end == signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)


def test_a_missing_program_is_skipped_loudly(session, tmp_path):
    assert session(NEEDS).wait(60) == 0
    output = (tmp_path / "output").read_text()
    assert "PROGRAMS MISSING ON THIS MACHINE" in output
    assert "no-such-program: 1 tests need it; apt-get install no-such-program" in output


def test_a_missing_program_is_a_failure_in_ci(session, tmp_path):
    assert session(NEEDS, CI="true").wait(60) == 1
    assert "not on this machine: no-such-program" in (tmp_path / "output").read_text()


def test_servers_named_by_the_environment_are_used(session, tmp_path):
    child = session(WAITS, DATABASE_URL="postgres://elsewhere", REDIS_URL="redis://elsewhere")
    assert servers_of(child, tmp_path) == []
