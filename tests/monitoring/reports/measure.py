"""What the system API and the console take with a month of 1,000 statements: the table of docs/system-api.md.

Milliseconds, the best of three, and the most statements that one answer took.

python -m devservices.with_servers python -m tests.monitoring.reports.measure
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from time import perf_counter

import django

API = (
    "system/slow-queries?min_ms=0",
    "system/slow-queries?min_ms=0&sort=p95",
    "system/slow-queries/{fingerprint}",
    "metrics",
    "metrics/cache",
)
CONSOLE = (
    "",
    "endpoints/",
    "endpoints/{operation}/",
    "queries/",
    "queries/?sort=p95",
    "queries/{fingerprint}/",
    "nplusone/",
    "cache/",
    "database/",
    "budgets/",
    "recorder/",
)
WINDOWS = ("15m", "1h", "6h", "24h", "7d")


def main() -> None:
    """Migrate, seed, ask."""
    from django.core.management import call_command
    from django.db import connection
    from django.test.utils import setup_test_environment

    from accounts.scenarios import client_for
    from monitoring.store.models import OperationKey
    from tests.monitoring.console.story import client_of, person
    from tests.monitoring.reports import month

    setup_test_environment()
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
    month.seed(1_000, 60, **month.MONTH)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), pg_total_relation_size('tachograph_query_period') FROM "
                       "tachograph_query_period")  # fmt: skip
        rows, size = cursor.fetchone()
    print(f"{rows:,} rows of statements, {size / 1e6:,.0f} MB\n")
    print(f"| address | statements | {' | '.join(WINDOWS)} |\n|{' --- |' * (len(WINDOWS) + 2)}")
    names = {"fingerprint": "0" * 15 + "a", "operation": OperationKey.objects.first().pk}
    for base, paths, client in (
        ("/api/", API, client_for("admin")),
        ("/console/", CONSOLE, client_of(person(role="admin"))),
    ):
        for path in paths:
            found = [_measured(client, base + path.format(**names), window) for window in WINDOWS]
            times = " | ".join(f"{ms:.0f}" for ms, _ in found)
            print(f"| {base}{path} | {max(queries for _, queries in found)} | {times} |", flush=True)


def _measured(client, path: str, window: str) -> tuple[float, int]:
    """Milliseconds and statements."""
    from tests.monitoring.console.story import sent

    path = f"{path}{'&' if '?' in path else '?'}window={window}"
    with sent() as statements:
        _time(client, path)
    return min(_time(client, path) for _ in range(3)) * 1e3, len(statements)


def _time(client, path: str) -> float:
    began = perf_counter()
    answer = client.get(path)
    assert answer.status_code == 200, answer.content
    return perf_counter() - began


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[3] / "platform"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    django.setup()
    main()
