"""Runs of statements and operations that are known one by one, written as the store writes them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.db import connection

from monitoring import catalog
from monitoring.store.batch import OPERATION_COUNTS, OPERATION_SECONDS, Batch, bounds_text
from monitoring.store.write import write

NOW = datetime(2027, 3, 3, 14, 25, 30, tzinfo=UTC)
SLOW_S = 0.1


@dataclass(frozen=True)
class Run:
    """`times` of a statement in one run of an operation, at one moment."""

    at: datetime
    fingerprint: str = "00000000000000aa"
    times: Sequence[float] = (0.01,)
    operation: str = "GET /api/things"
    place: str = "thing_list"
    operation_class: str = "list"
    nested: bool = False
    nplusone: bool = False
    duplicates: int = 0


@dataclass(frozen=True)
class Ended:
    """One run of an operation, and what else stands in its row."""

    at: datetime
    seconds: float = 0.05
    operation: str = "GET /api/things"
    operation_class: str = "list"
    sums: dict[str, float] = field(default_factory=dict)


def counts(bounds: Sequence[float], times: Sequence[float]) -> list[int]:
    """A histogram, counted one by one."""
    found = [0] * (len(bounds) + 1)
    for seconds in times:
        found[bisect_left(bounds, seconds)] += 1
    return found


def add(*runs: Run | Ended) -> None:
    """Write them, each in a batch of its minute."""
    with connection.cursor() as cursor:
        for run in runs:
            batch = _statement(run) if isinstance(run, Run) else _operation(run)
            write(cursor, batch)


def _statement(run: Run) -> Batch:
    bounds = catalog.QUERY_BOUNDS
    place = {"module": "things.views", "function": run.place}
    row = {
        "fingerprint": run.fingerprint, **place, "kind": "request", "name": run.operation,
        "operation_class": run.operation_class, "nested": run.nested, "bounds": bounds_text(bounds),
        "histogram": counts(bounds, run.times), "duration_max_s": max(run.times), "runs": len(run.times),
        "rows": 3 * len(run.times), "slow": sum(seconds >= SLOW_S for seconds in run.times),
        "duplicates": run.duplicates, "nplusone": int(run.nplusone),
        "nplusone_runs": len(run.times) if run.nplusone else 0, "duration_s": sum(run.times),
    }  # fmt: skip
    statement = {
        "fingerprint": run.fingerprint, "sql": f"SELECT {run.fingerprint} FROM thing", "kind": "read",
        "alias": "default", "tables": ["thing"],
    }  # fmt: skip
    location = {**place, "file": "things/views.py", "line": 41}
    return Batch(run.at.timestamp(), queries=[row], statements=[statement], locations=[location])


def _operation(run: Ended) -> Batch:
    bounds = catalog.operation_duration().bounds
    row = {
        "kind": "request", "name": run.operation, "operation_class": run.operation_class,
        "bounds": bounds_text(bounds), "histogram": counts(bounds, [run.seconds]),
        "duration_max_s": run.seconds, **dict.fromkeys((*OPERATION_COUNTS, *OPERATION_SECONDS), 0),
        "runs": 1, "duration_s": run.seconds, **run.sums,
    }  # fmt: skip
    return Batch(run.at.timestamp(), operations=[row])
