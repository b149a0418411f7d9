"""The race: every contestant in a process of its own, a block of one endpoint each in turn.

All work on one core, so that only one of them works at a time and no wake-up crosses cores. The order
rotates with every cycle; a block is compared with the bare service's block of the same cycle.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from .contestants import CONTESTANTS
from .endpoints import ENDPOINTS
from .world import figures_folder

BASE = "bare"
WARM_UP = {"empty": 60, "cached": 60, "list": 40, "n1": 20}


class RaceError(Exception):
    """A contestant broke, or did not record what was done. The message says which, and what to do."""


@dataclass(frozen=True, slots=True)
class Block:
    """The timed requests of one contestant, endpoint and cycle, in nanoseconds."""

    contestant: str
    endpoint: str
    round: int
    cycle: int
    ns: tuple[int, ...]


class Racer:
    """A contestant's process; a context manager."""

    def __init__(self, name: str, env: Mapping[str, str]) -> None:
        self.name = name
        self.contestant = CONTESTANTS[name]
        self._env = {**env, "BENCH_CONTESTANT": name}

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        self._env["TACHOGRAPH_DIR"] = self._stack.enter_context(figures_folder())
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=self._env,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Ends the child when it has said all, and where a round is broken off.
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._stack.close()

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        try:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # the answer, which will be missing, tells
        answer = self._process.stdout.readline()
        if not answer:
            raise RaceError(f"{self.contestant.label} broke down: see why with BENCH_DEBUG=1.")
        return json.loads(answer)

    def block(self, endpoint: str, timed: int, untimed: int) -> tuple[int, ...]:
        return tuple(self._ask({"endpoint": endpoint, "timed": timed, "untimed": untimed})["ns"])

    def check(self) -> dict[str, float]:
        """What it says it recorded; RaceError where that is not what was done."""
        answer = self._ask({"endpoint": None})
        wrong = {
            what: f"{number:g} of {answer['done'][what]}"
            for what, number in answer["recorded"].items()
            if number != answer["done"][what]
        }
        if wrong:
            raise RaceError(f"{self.contestant.label} recorded {wrong}: its cost would compare with nothing.")
        return answer["recorded"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be run."""

    contestants: tuple[str, ...]
    endpoints: tuple[str, ...]
    rounds: int
    cycles: int
    warm_up: float = 1.0  # the share of WARM_UP

    @property
    def steps(self) -> int:
        """Blocks in all, the warming ones included: for a progress bar."""
        return self.rounds * len(self.contestants) * len(self.endpoints) * (self.cycles + 1)


def race(
    plan: Plan, env: Mapping[str, str], step: Callable[[str], None]
) -> tuple[list[Block], dict[str, Any]]:
    """The blocks, and what each contestant recorded in the last round. `step(text)` follows each block."""
    blocks: list[Block] = []
    recorded: dict[str, Any] = {}
    for number in range(plan.rounds):
        with ExitStack() as stack:
            racers = [stack.enter_context(Racer(name, env)) for name in plan.contestants]
            for racer in racers:
                for endpoint in plan.endpoints:
                    warm = int(WARM_UP[endpoint] * plan.warm_up / (5 if racer.contestant.heavy else 1))
                    racer.block(endpoint, 1, warm)
                    step(f"round {number + 1}: warming {racer.name}")
            for block in _cycles(plan, racers, number):
                blocks.append(block)
                step(f"round {number + 1}: {block.contestant} /{block.endpoint}")
            recorded = {racer.name: racer.check() for racer in racers}
    return blocks, recorded


def _cycles(plan: Plan, racers: list[Racer], number: int) -> Iterator[Block]:
    for cycle in range(plan.cycles):
        first = (cycle + number) % len(racers)
        for endpoint in plan.endpoints:
            for racer in (*racers[first:], *racers[:first]):
                timed, untimed = ENDPOINTS[endpoint].block(heavy=racer.contestant.heavy)
                ns = racer.block(endpoint, timed, untimed)
                yield Block(racer.name, endpoint, number, cycle, ns)
