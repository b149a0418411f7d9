"""The Makefile, the Procfile and CI say what they do, and do it."""

import os
import re
import subprocess

import pytest
from django.core.management import call_command

TARGETS = ["run", "test", "check", "gate", "bench", "chaos", "stack", "fmt", "lock"]


def make(repository, *args):
    return subprocess.run(["make", *args], cwd=repository, capture_output=True, text=True, check=True).stdout


def test_make_alone_lists_the_targets_and_what_they_do(repository):
    listed = dict(re.findall(r"^make (\w+) +(\S.+)$", make(repository), re.MULTILINE))
    assert set(listed) == {"help", *TARGETS}


@pytest.mark.parametrize("target", TARGETS)
def test_each_target_has_a_recipe(repository, target):
    assert make(repository, "--dry-run", target).strip()


def test_ci_runs_the_checks(repository):
    script = repository / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert re.search(r"^exec make check$", script.read_text(), re.MULTILINE)


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True)


def test_the_app_layers_are_all_under_contract(repository, pytestconfig):
    import tomllib

    contracts = tomllib.loads((repository / "pyproject.toml").read_text())["tool"]["importlinter"]
    apps = {path.parent.name for path in (repository / "platform").glob("*/__init__.py")}
    layers = {name.strip() for layer in contracts["contracts"][0]["layers"] for name in layer.split("|")}
    assert set(contracts["root_packages"]) == apps | {"monitoring"}
    assert layers == apps | {"monitoring"}
