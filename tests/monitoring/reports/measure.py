"""What the system API takes with a month of 1,000 statements: milliseconds, the best of three, and queries.

python -m devservices.with_servers python -m tests.monitoring.reports.measure
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from time import perf_counter

import django

PATHS = (
    "system/slow-queries?min_ms=0",
    "system/slow-queries?min_ms=0&sort=p95",
    "system/slow-queries/{fingerprint}",
    "metrics",
    "metrics/cache",
)
WINDOWS = ("15m", "1h", "6h", "24h", "7d")


def main() -> None:
    """Migrate, seed, ask."""
    from django.core.management import call_command
    from django.db import connection
    from django.test.utils import setup_test_environment

    from accounts.scenarios import client_for
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
    print(f"{rows:,} rows of statements, {size / 1e6:,.0f} MB")
    client = client_for("admin")
    for path in PATHS:
        figures = [
            _measured(client, f"/api/{path.format(fingerprint='0' * 15 + 'a')}", name) for name in WINDOWS
        ]
        print(
            f"{path:45}", "  ".join(f"{name} {figure}" for name, figure in zip(WINDOWS, figures, strict=True))
        )


def _measured(client, path: str, window: str) -> str:
    from monitoring.testing import recorded

    times = []
    for _ in range(3):
        with recorded() as operations:
            began = perf_counter()
            answer = client.get(f"{path}{'&' if '?' in path else '?'}window={window}")
            times.append(perf_counter() - began)
        assert answer.status_code == 200, answer.content
    return f"{min(times) * 1e3:.0f} ms/{operations[-1].queries}"


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[3] / "platform"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    django.setup()
    main()
