"""Plays every scenario, again and again, in a process of the service's family, and says what it did.

`python -m tests.stack.play SECONDS` prints JSON: runs and queries of each operation, look-ups in the cache.
Each scenario's rows are rolled back. Query counts are this client's own: what
its wrapper sees from the beginning of a request to its end.
"""

import json
import re
import sys
import time
from collections import defaultdict

import django

HITS, MISSES = 3, 1
LOOKUPS = "play.lookups"
# What Django and PostgreSQL's roles need, and the application did not ask for.
PLUMBING = re.compile(r"\s*(SAVEPOINT|RELEASE|ROLLBACK|SET|SELECT set_config|SELECT 1\s*$)", re.IGNORECASE)


def main() -> None:
    django.setup()
    seconds, begun = float(sys.argv[1]), time.monotonic()
    tally: dict[str, dict[str, int]] = defaultdict(lambda: {"runs": 0, "queries": 0})
    rounds = 0
    while rounds < 2 or time.monotonic() - begun < seconds:
        play(tally)
        look_up(rounds)
        rounds += 1
    print(json.dumps({"operations": tally, "hit_rate": HITS / (HITS + MISSES)}))


def play(tally: dict[str, dict[str, int]]) -> None:
    from django.db import transaction

    from monitoring.scenarios import client_for, scenarios

    for scenario in scenarios().values():
        with transaction.atomic():
            world = scenario.seed(5)
            client = client_for(scenario.role)
            run(scenario, client, world, tally[scenario.operation])
            transaction.set_rollback(True)


def run(scenario, client, world, counted: dict[str, int]) -> None:
    from django.core.signals import request_finished, request_started
    from django.db import connection

    serving = [False]

    def count(execute, sql, params, many, context):
        counted["queries"] += serving[0] and PLUMBING.match(sql) is None
        return execute(sql, params, many, context)

    def begin(**_):
        serving[0] = True

    def end(**_):
        serving[0] = False

    request_started.connect(begin)
    request_finished.connect(end)

    for _ in range(2 if scenario.repeatable else 1):
        with connection.execute_wrapper(count):
            response = scenario.call(client, world)
            if getattr(response, "streaming", False):
                b"".join(response.streaming_content)
        assert response is None or response.status_code < 400, f"{scenario.operation}: {response.status_code}"
        counted["runs"] += 1


def look_up(number: int) -> None:
    """A report that finds three of four in the cache."""
    from django.core.cache import cache

    from monitoring import operation

    cache.set("play", 1)
    with operation(LOOKUPS, kind="block", operation_class="report"):
        for _ in range(HITS):
            cache.get("play")
        for miss in range(MISSES):
            cache.get(f"play-{number}-{miss}")


if __name__ == "__main__":
    main()
