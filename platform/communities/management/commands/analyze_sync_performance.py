"""manage.py analyze_sync_performance [--detailed]: is a sync as cheap for 2,000 communities as for 2?"""

from argparse import ArgumentParser
from contextvars import Context
from functools import partial
from textwrap import fill
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import Progress, TaskID
from rich.table import Table

from communities.domain.performance import COMPARED, SIZES, Analysis, analyse, steps

WIDTH = 108


class Command(BaseCommand):
    help = "Measure what a sync of coverage costs, by the recorder's counter, on data that is rolled back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--detailed", action="store_true", help="also the SQL of each step and the N+1 findings"
        )

    def handle(self, *, detailed: bool, **options: Any) -> None:  # noqa: ARG002
        with Progress(console=Console(file=self.stderr._out), transient=True) as progress:  # noqa: SLF001
            bar = progress.add_task("", total=len(SIZES) + len(COMPARED))
            # Not part of this command's own record: it syncs one by one on purpose.
            analysis = Context().run(analyse, partial(_show, progress, bar))
        self._costs(analysis)
        self._comparisons(analysis)
        if detailed:
            self._details(analysis)
        if not analysis.constant:
            raise CommandError(
                "N+1: the number of queries follows the number of communities; see the tables."
            )
        self.stdout.write("CONSTANT: each kind of sync runs the same number of queries at every size.")

    def _costs(self, analysis: Analysis) -> None:
        table = Table(
            "Sync", "Communities", "Queries", "Total ms", "Mean ms per query", title="What one sync costs"
        )
        for cost in sorted(analysis.costs, key=lambda cost: (cost.name, cost.communities)):
            table.add_row(
                cost.name, f"{cost.communities}", f"{cost.queries}", *_ms(cost.total_ms, cost.mean_ms)
            )
        self._print(table)

    def _comparisons(self, analysis: Analysis) -> None:
        table = Table("Communities", "Bulk queries", "Bulk ms", "Individual queries", "Individual ms")
        table.title = "Bulk against individual sync"
        for c in analysis.comparisons:
            bulk, single = (f"{c.bulk.queries}", *_ms(c.bulk.total_ms)), (f"{c.individual.queries}",)
            table.add_row(f"{c.communities}", *bulk, *single, *_ms(c.individual.total_ms))
        self._print(table)

    def _details(self, analysis: Analysis) -> None:
        for name, sql in steps().items():
            self.stdout.write(f"\n{name}\n{fill(sql, WIDTH, initial_indent='  ', subsequent_indent='  ')}")
        self.stdout.write("\nN+1 detection")
        for cost in analysis.costs:
            for found in cost.nplusone or ("nothing found",):
                self.stdout.write(f"  {cost.name}, {cost.communities} communities: {found}")

    def _print(self, table: Table) -> None:
        console = Console(width=WIDTH, color_system=None)
        with console.capture() as capture:
            console.print(table)
        self.stdout.write(capture.get())


def _show(progress: Progress, bar: TaskID, title: str) -> None:
    progress.update(bar, advance=1, description=title)


def _ms(*values: float) -> list[str]:
    return [f"{value:.2f}" for value in values]
