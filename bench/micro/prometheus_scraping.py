"""A scrape of prometheus_client's multiprocess mode, by the workers that were recycled before it.

2,000 samples a worker, as django-prometheus' own families have them; the files of a worker that is gone stay.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from prometheus_client import CollectorRegistry, generate_latest, multiprocess

WORKER = """
from prometheus_client import Counter, Histogram
seconds = Histogram("seconds", "", ["view", "method"],
    buckets=[.005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10, 25, 50])
responses = Counter("responses", "", ["status", "view", "method"])
for number in range(100):
    seconds.labels(f"app.views.view_{number}", "GET").observe(.03)
    for status in ("200", "404"):
        responses.labels(status, f"app.views.view_{number}", "GET").inc()
"""


def recycle(folder: Path, have: int, workers: int) -> None:
    """The first worker is real; each later one left the same files, under its own number."""
    if have == 0:
        subprocess.run(
            [sys.executable, "-c", WORKER], env={"PROMETHEUS_MULTIPROC_DIR": str(folder)}, check=True
        )
        for path in folder.glob("*.db"):
            path.rename(folder / f"{path.name.split('_')[0]}_1.db")
        have = 1
    for number in range(have + 1, workers + 1):
        for first in folder.glob("*_1.db"):
            shutil.copy(first, folder / first.name.replace("_1.", f"_{number}."))


def scrape(folder: Path) -> tuple[int, float]:
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry, str(folder))
    start = perf_counter()
    text = generate_latest(registry)
    seconds = perf_counter() - start
    return sum(not line.startswith(b"#") for line in text.splitlines()), seconds


def main(wanted: list[int]) -> None:
    found, have = [], 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for workers in wanted:
            recycle(folder, have, workers)
            have = workers
            scrapes = [scrape(folder) for _ in range(3)]
            paths = list(folder.iterdir())
            found.append({
                "workers": workers,
                "samples": scrapes[0][0],
                "seconds": median(seconds for _, seconds in scrapes),
                "files": len(paths),
                "mb": sum(path.stat().st_blocks * 512 for path in paths) / 1e6,
            })  # fmt: skip
    print(json.dumps(found))


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]])
