"""A developer's settings with the developers' packages: pages come, and errors are the API's own."""

import json
import os
import subprocess
import sys
from pathlib import Path

ASK = """
import json
import django
django.setup()
from django.test import Client
client = Client(REMOTE_ADDR="127.0.0.1")
answers = [client.get(path) for path in ("/healthz", "/api/nothing")]
print(json.dumps([answer.status_code for answer in answers] + [answers[1].json()["error"]["code"]]))
"""


def test_requests_are_answered(repository: Path) -> None:
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings.development",
        "PYTHONPATH": f"{repository}:{repository / 'platform'}",
        "ALLOWED_HOSTS": "testserver",
        "DEBUG": "1",
    }
    done = subprocess.run([sys.executable, "-c", ASK], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout.splitlines()[-1]) == [200, 404, "not_found"]
