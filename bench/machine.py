"""What the figures were taken on, and how busy it was: without it they say nothing."""

from __future__ import annotations

import datetime as dt
import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from .contestants import ROOT

DISTRIBUTIONS = (
    "django", "psycopg", "django-redis", "django-prometheus", "sentry-sdk", "opentelemetry-sdk",
    "django-zeal", "django-silk",
)  # fmt: skip


def pin() -> int | None:
    """Keep this process, and all that it starts, on one core; None where the machine does not let us."""
    try:
        core = max(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {core})
    except (AttributeError, OSError):
        return None
    return core


def load() -> float:
    """Processes that wanted a core, on average over the last minute."""
    return round(os.getloadavg()[0], 2)


def facts() -> dict[str, object]:
    """Date, commit, processor and versions."""
    cpus = Path("/proc/cpuinfo")
    models = [
        line.partition(":")[2].strip() for line in cpus.read_text().splitlines() if "model name" in line
    ]
    return {
        "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "commit": _git("rev-parse", "--short", "HEAD"),
        "changed": bool(_git("status", "--porcelain", "--untracked-files=no")),
        "cores": os.cpu_count(),
        "processor": models[0] if models else platform.machine(),
        "python": platform.python_version(),
        "versions": {name: found for name in DISTRIBUTIONS if (found := _version(name))},
    }


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
