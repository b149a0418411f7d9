"""The four endpoints, and what each of their requests does: what every contestant should have recorded."""

from collections import Counter
from dataclasses import dataclass

PAGE = 50  # rows of /list and /n1; each of the latter's has a query of its own


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`timed` requests make a block, after `untimed` ones."""

    title: str
    queries: int
    gets: int
    nplusone: int
    timed: int
    untimed: int

    def block(self, *, heavy: bool) -> tuple[int, int]:
        """Requests of a block, timed and untimed; fewer for a contestant whose cost is plain after a few."""
        return (max(self.timed // 5, 3), 1) if heavy else (self.timed, self.untimed)


ENDPOINTS = {
    "empty": Endpoint("/empty", 0, 0, 0, 100, 10),
    "cached": Endpoint("/cached (10 gets)", 0, 10, 0, 40, 4),
    "list": Endpoint("/list (2 queries)", 2, 0, 0, 25, 3),
    "n1": Endpoint("/n1 (51 queries)", 1 + PAGE, 0, 1, 10, 1),
}


def work(requests: Counter[str]) -> dict[str, int]:
    """What so many requests of each endpoint have done in all."""
    done = {"requests": requests.total(), "queries": 0, "gets": 0, "nplusone": 0}
    for name, number in requests.items():
        endpoint = ENDPOINTS[name]
        done["queries"] += number * endpoint.queries
        done["gets"] += number * endpoint.gets
        done["nplusone"] += number * endpoint.nplusone
    return done
