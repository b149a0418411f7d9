"""The workflows that use the gate are valid, and give it options that it has."""

import re
import shlex
import subprocess
import sys

import pytest
from django.core.management import ManagementUtility

EXAMPLES = {
    ".github/workflows/budgets.yml": "vendor.github-workflows",
    "docs/ci/gitlab-budgets.yml": "vendor.gitlab-ci",
}


@pytest.mark.parametrize(("path", "schema"), EXAMPLES.items())
def test_it_is_valid(repository, path, schema):
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(repository / path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", EXAMPLES)
def test_the_gate_takes_its_options(repository, path):
    [options] = re.findall(r'make gate ARGS="([^"]+)"', (repository / path).read_text())
    command = ManagementUtility(["manage.py", "budget"]).fetch_command("budget")

    parsed = command.create_parser("manage.py", "budget").parse_args(["check", *shlex.split(options)])
    assert parsed.against
    assert [file.suffix for file in parsed.write] == [".xml"]
