"""A whole run: the race, then what a race is too coarse for. The result is one JSON object."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from . import machine
from .contestants import CONTESTANTS
from .figures import added_per, summarise
from .race import BASE, Plan, RaceError, race
from .world import figures_folder, world

OPERATIONS, FINGERPRINTS = 500, 2_000
Step = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Depth:
    """How far the micro measurements go."""

    repeats: int
    recycled: tuple[int, ...]
    prometheus_recycled: tuple[int, ...]
    samples: tuple[int, ...]
    memory_runs: int

    @property
    def steps(self) -> int:
        return 4 + 2 * self.memory_runs


FULL = Depth(60, (500, 5_000), (100, 500), (2_000, 10_000, 40_000), 3)
QUICK = Depth(3, (6, 30), (2, 6), (2_000, 4_000), 1)


def run(plan: Plan, depth: Depth | None, *, pinned: bool, step: Step) -> dict[str, Any]:
    """Everything, as history.jsonl keeps it. Raises RaceError; ServiceError where no server is to be had."""
    core = machine.pin() if pinned else None
    before = machine.load()
    with world() as env:
        blocks, recorded = race(plan, env, step)
        micro = measure(depth, env, step) if depth else {}
    costs = summarise(blocks)
    return {
        **machine.facts(),
        "core": core,
        "load": [before, machine.load()],
        "rounds": plan.rounds,
        "cycles": plan.cycles,
        "costs": {
            endpoint: {name: _rounded(asdict(cost)) for name, cost in by_name.items()}
            for endpoint, by_name in costs.items()
        },
        "added": {
            name: {endpoint: round(added_per(costs, name, endpoint), 2) for endpoint in ("n1", "cached")}
            for name in plan.contestants
            if name != BASE and {"empty", "cached", "n1"} <= costs.keys()
        },
        "recorded": recorded,
        "skipped": {name: who.missing() for name, who in CONTESTANTS.items() if who.missing()},
        "micro": micro,
    }


def _rounded(cost: dict[str, float]) -> dict[str, float]:
    return {key: round(value, 4 if key.startswith("ratio") else 1) for key, value in cost.items()}


def measure(depth: Depth, env: Mapping[str, str], step: Step) -> dict[str, Any]:
    """The micro measurements, one process after the other."""

    def ask(module: str, *arguments: object, contestant: str = "tachograph") -> Any:
        step(f"micro: {module} {' '.join(map(str, arguments))}")
        return _answer(
            module, [str(argument) for argument in arguments], {**env, "BENCH_CONTESTANT": contestant}
        )

    def memory(contestant: str) -> dict[str, float]:
        return ask("memory", OPERATIONS, FINGERPRINTS, contestant=contestant)

    found = {
        "ns": ask("recording", depth.repeats),
        "recycled": ask("scraping", "recycled", *depth.recycled),
        "samples": ask("scraping", "samples", *depth.samples),
    }
    if not CONTESTANTS["prometheus-mp"].missing():
        found["prometheus_recycled"] = ask("prometheus_scraping", *depth.prometheus_recycled)
    pairs = [(memory(BASE), memory("tachograph")) for _ in range(depth.memory_runs)]
    found["memory_mb"] = {
        "code": round(median(ours["start"] - bare["start"] for bare, ours in pairs) / 1e6, 1),
        "all": round(median(ours["end"] - bare["end"] for bare, ours in pairs) / 1e6, 1),
    }
    return found


def _answer(module: str, arguments: list[str], env: Mapping[str, str]) -> Any:
    with figures_folder() as folder:
        done = subprocess.run(
            [sys.executable, "-m", f"bench.micro.{module}", *arguments],
            env={**env, "TACHOGRAPH_DIR": folder},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise RaceError(f"bench.micro.{module} failed: {done.stderr.strip()[-2_000:]}")
    return json.loads(done.stdout)
