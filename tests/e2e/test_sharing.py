"""The processes of one project share their figures without a setting: a scrape of any shows all."""

import shutil
import sys
from pathlib import Path

import pytest

from tests.e2e.load import send_all
from tests.e2e.web import ROOT, Gunicorn, Uvicorn

BLOCK = """
import os, sys
os.chdir({directory!r})
sys.path[0] = {path!r}
import django
django.setup()
from monitoring import operation
with operation("sample.block"):
    pass
"""


@pytest.fixture(scope="module")
def env(sample_env):
    return sample_env | {"TACHOGRAPH_DIR": ""}


@pytest.fixture(scope="module")
def servers(serve, env):
    servers = [serve(Gunicorn, env, "--workers", "1"), serve(Uvicorn, env)]
    slot = next(slot for slot in opened(servers[1].pid) if slot.name.startswith("slot_"))
    yield servers
    shutil.rmtree(slot.parent)


def opened(pid):
    return [fd.readlink() for fd in Path(f"/proc/{pid}/fd").iterdir()]


def test_a_scrape_of_any_server_shows_all(servers, run, env):
    before = servers[0].figures()
    for server in servers:
        send_all(server.port, ["/work"] * 5)
    run([sys.executable, "-m", "django", "check"], env)
    for directory, path in ((str(ROOT), str(ROOT)), (str(ROOT), ""), (str(ROOT / "tests"), "..")):
        run([sys.executable, "-c", BLOCK.format(directory=directory, path=path)], env | {"PYTHONPATH": ""})
    for server in servers:
        figures = server.figures() - before
        assert figures.total("tacho_operations_total", operation="GET /work", status="200") == 10
        assert figures.total("tacho_operations_total", operation="check", kind="command", status="ok") == 1
        assert figures.total("tacho_operations_total", operation="sample.block", kind="block") == 3
