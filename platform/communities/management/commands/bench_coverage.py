"""manage.py bench_coverage: how long the syncs of coverage take here, held to what was promised."""

from argparse import ArgumentParser
from contextvars import Context
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table

from communities.domain.benchmark import (
    COMMUNITIES,
    COUNTRY_S_MAX,
    MEDIAN_MS_MAX,
    RUNS,
    Country,
    Timing,
    country_timings,
    sync_timings,
)
from geography.models import Barangay


class Command(BaseCommand):
    help = "Time a sync of 100 communities and of the whole country, in transactions that are rolled back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--runs", type=int, default=RUNS, help=f"of each sync ({RUNS})")

    def handle(self, *, runs: int, **options: Any) -> None:  # noqa: ARG002
        if runs < 2:
            raise CommandError("--runs must be 2 or more: a median of one run says nothing.")
        if not Barangay.objects.exists():
            raise CommandError("The country is not loaded: run load_psgc first.")
        # Not part of this command's own record: it syncs again and again on purpose.
        timings, countries = Context().run(sync_timings, runs), country_timings()
        self._print(_timings(timings), _countries(countries))
        self._hold(timings, countries)

    def _hold(self, timings: list[Timing], countries: list[Country]) -> None:
        municipal = timings[1]
        if municipal.median_ms >= MEDIAN_MS_MAX:
            raise CommandError(
                f"A municipal sync's median is {municipal.median_ms:.1f} ms, promised: {MEDIAN_MS_MAX}."
            )
        if len({country.queries for country in countries}) > 1:
            raise CommandError("The hierarchy's query count follows the number of communities.")
        if countries[-1].seconds >= COUNTRY_S_MAX:
            raise CommandError(
                f"The hierarchy took {countries[-1].seconds:.2f} s, promised: {COUNTRY_S_MAX}."
            )
        self.stdout.write("As promised.")

    def _print(self, *tables: Table) -> None:
        console = Console(width=100, color_system=None)
        with console.capture() as capture:
            console.print(*tables)
        self.stdout.write(capture.get())


def _timings(timings: list[Timing]) -> Table:
    table = Table(
        "Sync", "Median ms", "p95 ms", "By hand x", title=f"{COMMUNITIES} communities in one municipality"
    )
    for timing in timings:
        ratio = timing.median_ms / timings[0].median_ms
        table.add_row(timing.name, f"{timing.median_ms:.2f}", f"{timing.p95_ms:.2f}", f"{ratio:.1f}")
    return table


def _countries(countries: list[Country]) -> Table:
    table = Table("Communities", "Municipalities", "Queries", "Seconds", title="sync_entire_hierarchy")
    for country in countries:
        row = (country.communities, country.municipalities, country.queries)
        table.add_row(*map(str, row), f"{country.seconds:.3f}")
    return table
