"""This project's own connections to its databases, and the wait for one: as its processes wrote them."""

from __future__ import annotations

from dataclasses import dataclass

from .. import catalog
from ..cells.reader import read


@dataclass(frozen=True, slots=True)
class Pool:
    """`by_state`: `open` without a pool; with Django's psycopg pool also `in_use`, `idle` and `waiting`.

    `waits` connections were waited for `mean_wait_s` on average since the processes began, whatever the
    database: 0 without a pool.
    """

    by_state: dict[str, int]
    waits: int
    mean_wait_s: float


def pool(alias: str) -> Pool:
    """What all processes of this project have open to the database `alias`."""
    series, _ = read()
    states = {
        one.key.values[1]: int(one.cells[0])
        for one in series
        if one.key.name == catalog.DB_CONNECTIONS.name and one.key.values[0] == alias
    }
    waits, waited_s = 0, 0.0
    for one in series:
        if one.key.name == catalog.POOL_WAIT.name:
            *counts, waited_s = one.cells
            waits = int(sum(counts))
    return Pool(states, waits, waited_s / waits if waits else 0.0)
