"""The sample project, and the gate run on it as a user runs it: in a process of its own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

PROJECT = Path(__file__).resolve().parents[3]
SAMPLE = Path(__file__).parent / "sample"


@dataclass
class Gate:
    """`manage.py budget` in the sample project."""

    environment: dict[str, str]

    def __call__(
        self, *arguments: str, faults: str = "", budgets: Path | None = None
    ) -> subprocess.CompletedProcess:
        environment = {**os.environ, **self.environment, "SAMPLE_FAULTS": faults}
        if budgets is not None:
            environment["SAMPLE_BUDGETS"] = str(budgets)
        command = [sys.executable, "-W", "error", "-m", "django", "budget", *arguments]
        return subprocess.run(
            command, check=False, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=120
        )

    def json(self, *arguments: str, **options: Any) -> tuple[int, Any]:
        """Exit code and document of a run with --format json."""
        done = self(*arguments, "--format", "json", **options)
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)


@pytest.fixture
def gate(db, settings) -> Gate:
    """The databases of the gate are named after the test session's, so that two sessions do not meet."""
    name = connection.settings_dict["NAME"]
    parts = connection.settings_dict
    url = f"postgres://{parts['USER']}:{parts['PASSWORD']}@{parts['HOST']}:{parts['PORT']}/{name}"
    return Gate(
        {
            "DATABASE_URL": url,
            "REDIS_URL": settings.REDIS_URL,
            "DJANGO_SETTINGS_MODULE": "settings",
            "PYTHONPATH": os.pathsep.join([str(PROJECT), str(SAMPLE)]),
        }
    )


@pytest.fixture
def budgets_file(tmp_path):
    """A function that writes the sample's budgets.toml and what is added to it; the file's path."""

    def write(more: str = "", source: str | None = None) -> Path:
        path = tmp_path / "budgets.toml"
        path.write_text((source or (SAMPLE / "budgets.toml").read_text()) + more)
        return path

    return write
