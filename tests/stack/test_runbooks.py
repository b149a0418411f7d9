"""docs/runbooks/: one for each alert, and whatever they tell one to run runs."""

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from django.db import connection, transaction

from devservices.prometheus import Alertmanager
from tests.stack.webhook import to_webhook

BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
SECTIONS = ["What it means", "How to see it", "What to do"]


def runbooks(root: Path) -> dict[str, str]:
    return {path.stem: path.read_text() for path in sorted((root / "docs" / "runbooks").glob("*.md"))}


def commands(root: Path, language: str) -> list[tuple[str, str]]:
    """(runbook, command) of every block in that language."""
    return [
        (name, re.sub(f"^{indent}", "", text, flags=re.MULTILINE).strip())
        for name, book in runbooks(root).items()
        for indent, found, text in BLOCK.findall(book)
        if found == language
    ]


def severities(root: Path) -> dict[str, set[str]]:
    rules = yaml.safe_load((root / "prometheus" / "rules" / "alerts.yml").read_text())["groups"][0]["rules"]
    found: dict[str, set[str]] = {}
    for rule in rules:
        found.setdefault(rule["alert"], set()).add(rule["labels"]["severity"])
    return found


def test_each_alert_has_a_runbook_and_each_runbook_an_alert(repository):
    assert set(runbooks(repository)) == set(severities(repository))


def test_a_runbook_says_how_bad_it_is_what_it_means_and_what_to_do(repository):
    for name, book in runbooks(repository).items():
        assert book.startswith(f"# {name}\n")
        assert re.findall(r"^## (.*)$", book, re.MULTILINE) == SECTIONS, name
        [severity] = re.findall(r"^Severity: (.*)$", book, re.MULTILINE)
        assert {word for word in ("warning", "critical", "none") if word in severity} == severities(
            repository
        )[name]


def test_every_block_is_run_by_one_of_these_tests(repository):
    languages = {found for book in runbooks(repository).values() for _, found, _ in BLOCK.findall(book)}
    assert languages == {"promql", "sql", "sh"}


@pytest.mark.django_db
def test_every_statement_runs_on_a_real_postgresql(repository, subtests):
    for name, statement in commands(repository, "sql"):
        with subtests.test(name), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
            cursor.fetchall()


@pytest.mark.needs("prometheus", "alertmanager", "amtool", "promtool", "redis-cli")
@pytest.mark.usefixtures("clients")
def test_every_question_and_every_command_runs_on_the_running_service(
    tmp_path, prometheus, service, eventually, subtests
):
    repository = service.root
    seen = 'sum(tacho_operations_total{class="list"}) >= 20'
    eventually(lambda: prometheus.samples(seen), 60, "20 requests are scraped")
    for name, question in commands(repository, "promql"):
        with subtests.test(f"{name}: {question}"):
            prometheus.samples(question)

    with Alertmanager(tmp_path, to_webhook(repository, "http://127.0.0.1:9", wait="1s")) as alertmanager:
        env = service.environment() | {
            "SITE": service.address,
            "PROMETHEUS": prometheus.address,
            "ALERTMANAGER": alertmanager.address,
            "METRICS_TOKEN": "any: who comes from this machine needs none",
            # As docs/operations.md has it.
            "REDIS_URL": os.environ["REDIS_URL"].replace("//:", "//default:"),
            "PATH": os.pathsep.join([str(repository / ".venv" / "bin"), os.environ["PATH"]]),
        }
        for name, command in commands(repository, "sh"):
            with subtests.test(f"{name}: {command}"):
                done = subprocess.run(
                    ["bash", "-euo", "pipefail", "-c", command],
                    cwd=repository, env=env, capture_output=True, text=True, check=False, timeout=60,
                )  # fmt: skip
                assert done.returncode == 0, done.stdout + done.stderr
                assert done.stdout.strip() or "slowlog" in command, "it says nothing"
