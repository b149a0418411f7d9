"""Starts the two sides of a comparison and talks to them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitoring.errors import BudgetError

from . import worker
from .measure import LARGE
from .relative import Comparison, compare
from .worker import calls_in_block

STOP_SECONDS = 30


class WorkerError(BudgetError):
    """A side could not do what it was asked; the message is its own."""


class Worker:
    """A process that runs one revision's scenarios."""

    def __init__(self, name: str, process: "subprocess.Popen[str]") -> None:
        self.name = name
        self._process = process

    def ask(self, action: str, **arguments: Any) -> dict[str, Any]:
        """One request and its answer. Raises WorkerError where it fails."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps({"action": action, **arguments}) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise WorkerError(
                f"The {self.name} side ended (exit code {self._process.wait()}); its reason is above"
            )
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise WorkerError(f"{self.name}: {answer['error']}")
        return answer

    def operations(self) -> list[str]:
        """The operations that it has scenarios for."""
        return list(self.ask("list")["operations"])

    def prepare(self, operation: str) -> float:
        """Seed the large size and warm up; the fastest call in milliseconds."""
        return float(self.ask("prepare", operation=operation, size=LARGE)["ms"])

    def block(self, calls: int) -> float:
        """The fastest of so many calls, in milliseconds."""
        return float(self.ask("block", calls=calls)["ms"])


@contextmanager
def started(
    name: str, root: Path, python: str, templates: Mapping[str, str] | None, own_root: Path
) -> Iterator[Worker]:
    """A worker in the tree at `root`, which stands where `own_root` does for this process."""
    command = [python, "-P", str(Path(worker.__file__)), f"gate_{name}", json.dumps(templates)]
    environment = {
        **os.environ,
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": os.pathsep.join(_path_in(root, own_root)),
    }
    process = subprocess.Popen(  # noqa: S603  (our own program)
        command, cwd=root, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield Worker(name, process)
    finally:
        assert process.stdin is not None
        process.stdin.close()  # it drops its database and leaves
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _path_in(root: Path, own_root: Path) -> list[str]:
    """This process' import path, what lies in the project moved to the other tree; nothing installed."""
    installed = [Path(prefix).resolve() for prefix in (sys.prefix, sys.base_prefix)]
    moved = []
    for entry in filter(None, sys.path):
        path = Path(entry).resolve()
        if any(path.is_relative_to(prefix) for prefix in installed):
            continue
        moved.append(str(root / path.relative_to(own_root) if path.is_relative_to(own_root) else path))
    return moved


@dataclass(frozen=True, slots=True)
class Plant:
    """A slowdown to plant in the head: `kind` python or sql, `share` of the base's duration."""

    kind: str
    share: float


def compare_sides(
    base: Worker, head: Worker, operation: str, *, limit: float, confidence: float, plant: Plant | None = None
) -> Comparison:
    """Prepare the operation on both sides and compare them. Raises WorkerError where a side fails."""
    fastest = min(base.prepare(operation), head.prepare(operation))
    calls = calls_in_block(fastest)
    if plant is not None:
        head.ask("plant", kind=plant.kind, ms=plant.share * fastest)
    return compare(
        operation, lambda: base.block(calls), lambda: head.block(calls), limit=limit, confidence=confidence
    )
