"""What a scrape costs: by its samples, and by how many workers were recycled before it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

import django

SAMPLES = 2_000
SCRAPES = 5
WORKERS = 3
MOST_SAMPLES_OF_ONE = 100


class Operations:
    """Names of operations, enough of them for so many samples."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def run(self) -> None:
        from monitoring import operation

        for name in self.names:
            with operation(name, operation_class="report"):
                pass

    def fill(self, samples: int) -> tuple[int, float]:
        """Run more of them until a scrape has `samples`. The samples, and a scrape's seconds."""
        from monitoring import operation

        while (found := scrape(1)[0]) < samples:
            for _ in range(max((samples - found) // MOST_SAMPLES_OF_ONE, 1)):
                name = f"bench.report_{len(self.names)}"
                self.names.append(name)
                with operation(name, operation_class="report"):
                    pass
        return scrape()


def scrape(times: int = SCRAPES) -> tuple[int, float]:
    """Samples and the median seconds."""
    from prometheus_client import generate_latest

    from monitoring.exposition import registry

    seconds = []
    for _ in range(times):
        start = perf_counter()
        text = generate_latest(registry)
        seconds.append(perf_counter() - start)
    return sum(not line.startswith(b"#") for line in text.splitlines()), median(seconds)


def recycle(workers: int, operations: Operations) -> None:
    """So many worker processes, a few at a time, each of which serves every operation once and ends."""
    for first in range(0, workers, WORKERS):
        children = [_fork(operations) for _ in range(min(WORKERS, workers - first))]
        for pid in children:
            _, status = os.waitpid(pid, 0)
            if status:
                raise RuntimeError(f"a worker ended with {os.waitstatus_to_exitcode(status)}")


def _fork(operations: Operations) -> int:
    if pid := os.fork():
        return pid
    code = 1
    try:
        operations.run()
        code = 0
    finally:
        os._exit(code)


def files() -> tuple[int, float]:
    """The recorder's files, and the MB that they take."""
    found = list(Path(os.environ["TACHOGRAPH_DIR"]).iterdir())
    return len(found), sum(path.stat().st_blocks * 512 for path in found) / 1e6


def after_recycling(wanted: list[int]) -> Iterator[dict[str, float]]:
    operations = Operations()
    operations.fill(SAMPLES)
    done = 0
    for workers in wanted:
        recycle(workers - done, operations)
        done = workers
        samples, seconds = scrape()
        number, megabytes = files()
        yield {"workers": workers, "samples": samples, "seconds": seconds, "files": number, "mb": megabytes}


def by_samples(wanted: list[int]) -> Iterator[dict[str, float]]:
    operations = Operations()
    for samples in wanted:
        found, seconds = operations.fill(samples)
        yield {"samples": found, "seconds": seconds, "us_per_sample": seconds / found * 1e6}


def main(question: str, wanted: list[int]) -> None:
    from django.conf import settings

    settings.TACHOGRAPH["MAX_OPERATIONS"] = max(wanted)  # as many series as are asked for
    django.setup()
    answer = {"recycled": after_recycling, "samples": by_samples}[question]
    print(json.dumps(list(answer(wanted))))


if __name__ == "__main__":
    main(sys.argv[1], [int(argument) for argument in sys.argv[2:]])
