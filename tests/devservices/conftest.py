"""`make run` in a copy of the tree, and folders that another user can reach."""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from devservices.places import stand_in
from devservices.processes import free_port

NOT_INHERITED = {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "SECRET_KEY", "MAKEFLAGS"}


@pytest.fixture
def somebodys_folder():
    """A folder outside tmp_path, whose parents another user can enter."""
    folder = Path(tempfile.mkdtemp(prefix="tachograph-somebody-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def tree(pytestconfig):
    """A copy of what is committed, or would be; only .venv is that of the tests."""
    root = pytestconfig.rootpath
    folder = Path(tempfile.mkdtemp(prefix="tachograph-run-"))
    folder.chmod(0o755)
    git = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    command = [*git, "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    for name in listed.split("\0"):
        if (root / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, folder / name)
    (folder / ".venv").symlink_to(root / ".venv")
    yield folder
    for cluster in (folder / ".run").glob("postgres-*"):
        shutil.rmtree(stand_in(cluster), ignore_errors=True)
    shutil.rmtree(folder)


@pytest.fixture
def start(tree):
    """start(NAME="value", ...): `make run` with these in its environment; ended when the test is over."""
    runs = []

    def start(**environment):
        runs.append(Run(tree, environment))
        return runs[-1]

    yield start
    for run in runs:
        if run.process.poll() is None:
            for left in run.stop():
                left.kill()


class Run:
    """`make run` as a child, on a free port, its output in a file."""

    def __init__(self, tree, environment):
        self.tree = tree
        self.port = free_port()
        self.log = tree / f"output-{self.port}"
        inherited = {key: value for key, value in os.environ.items() if key not in NOT_INHERITED}
        own = {"PORT": str(self.port), "HOME": "/nonexistent"}
        with self.log.open("w") as output:
            self.process = subprocess.Popen(
                ["make", "run"],
                cwd=tree,
                env=inherited | own | environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def output(self):
        return self.log.read_text()

    def ready(self, seconds=120):
        """How many seconds it says that it took."""
        deadline = time.monotonic() + seconds
        while not (found := re.search(r"^Ready after ([\d.]+) s$", self.output, re.MULTILINE)):
            assert self.process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.1)
        return float(found[1])

    def processes(self):
        """Who works in this copy of the tree, whoever his parent is by now."""
        return [process for process in psutil.process_iter() if self._owns(process)]

    def commands(self):
        """Process -> its command line. One that ends meanwhile, as a server's helpers do, has none."""
        found = {}
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):
                found[process] = process.cmdline()
        return found

    def _owns(self, process):
        try:
            return Path(process.cwd()).is_relative_to(self.tree)
        except (psutil.Error, OSError):
            return False

    def ask(self, path, body=None, token=""):
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = json.dumps(body).encode() if body else None
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, headers)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.read().decode()

    def stop(self, number=signal.SIGTERM):
        """To `make` alone, but a Ctrl-C to the whole group, as a terminal does. Returns who is left."""
        if number == signal.SIGINT:
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)
        self.process.wait(60)
        return self.processes()

    def crash(self, seconds=30):
        """Kill what supervises all the others; returns who is left when the time is up."""
        for process, command in self.commands().items():
            if command[1:] == ["-m", "devservices.run"]:
                process.kill()
        self.process.wait(seconds)
        return psutil.wait_procs(self.processes(), timeout=seconds)[1]
