"""What each tool showed, case by case, and how that reads in a table."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from itertools import groupby
from pathlib import Path
from typing import Any

from bench.world import own_database
from devservices.session import throw_away_servers

from .cases import BLIND_SPOT, CASES, Case
from .tools import ROOT, TOOLS

PAGE = ROOT / "docs" / "conformance.md"
MARK = "conformance"
BENCH_PYTHON = ROOT / ".venv-bench" / "bin" / "python"
SECONDS = 200
RIGHT, UNCLAIMED, UNSEEN = "✓", "-", "not seen"

Shown = list[dict[str, Any] | None]


@contextmanager
def environment() -> Iterator[dict[str, str]]:
    """A database of its own, of throw-away servers where the environment names none."""
    with tempfile.TemporaryDirectory() as folder, throw_away_servers() as urls:
        server = urls.get("DATABASE_URL") or os.environ["DATABASE_URL"]
        with own_database(server) as database:
            yield {
                **os.environ,
                **urls,
                "DATABASE_URL": database,
                "DJANGO_SETTINGS_MODULE": "tests.conformance.service.settings",
                "PYTHONPATH": str(ROOT),
                "TACHOGRAPH_DIR": str(Path(folder) / "cells"),
                "CONFORMANCE_FOLDER": folder,
            }


def python_with(tool: str) -> str | None:
    """An interpreter that has the tool: this one, or that of `make bench`."""
    if TOOLS[tool].installed():
        return sys.executable
    return str(BENCH_PYTHON) if BENCH_PYTHON.exists() else None


def run(tool: str, env: Mapping[str, str]) -> Shown:
    """What the tool showed, in the order of CASES. AssertionError, with what it said, where it broke down."""
    done = subprocess.run(
        [python_with(tool), "-m", "tests.conformance.child"],
        env={**env, "CONFORMANCE_TOOL": tool},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{tool} broke down:\n{done.stderr[-3_000:]}"
    return json.loads(done.stdout.splitlines()[-1])


def cell(case: Case, shown: dict[str, Any] | None) -> str:
    if shown is None:
        return UNCLAIMED
    wrong = case.wrong(shown)
    if wrong and case.who == BLIND_SPOT:
        return UNSEEN
    told = (f"{name}: {_text(value)}, not {_text(case.expected[name])}" for name, value in wrong.items())
    return f"✗ {'; '.join(told)}" if wrong else RIGHT


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{_text(number)} {key}" for key, number in value.items()) or "none"
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def title(tool: str) -> str:
    """The tool with the version that was looked at; ours is always this one."""
    try:
        return (
            f"{TOOLS[tool].label} {version(TOOLS[tool].distribution)}"
            if tool != "tachograph"
            else "Tachograph"
        )
    except PackageNotFoundError:
        return TOOLS[tool].label


def tables(columns: Mapping[str, Shown]) -> str:
    """A table for each group of cases."""
    rows = list(zip(CASES, *columns.values(), strict=True))
    parts = []
    for group, members in groupby(rows, key=lambda row: row[0].group):
        lines = [["case", *(title(tool) for tool in columns)], ["---"] * (1 + len(columns))]
        lines += [
            [case.says, *(cell(case, shown) for shown in shown_by_all)] for case, *shown_by_all in members
        ]
        parts.append(f"### {group}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines))
    return "\n\n".join(parts)


def written() -> dict[str, dict[str, str]]:
    """Tool's label -> case -> cell, as the page has them; a label may end with a version."""
    found: dict[str, dict[str, str]] = {}
    titles: list[str] = []
    for line in PAGE.read_text().splitlines():
        cells = [part.strip() for part in line.strip("|").split(" | ")]
        if line.startswith("| case |"):
            titles = cells[1:]
        elif line.startswith("| ") and not line.startswith("| ---"):
            for name, text in zip(titles, cells[1:], strict=True):
                found.setdefault(name, {})[cells[0]] = text
    return found
