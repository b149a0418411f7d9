"""manage.py load_psgc [FILE]: the country's regions, provinces, municipalities and barangays."""

from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from geography.domain.loading import Change, LoadReport, release_load
from geography.domain.release import ReleaseError, counted, packaged_path, read_csv, read_packaged

# About what a release holds, for the bar until the end is known.
EXPECTED_UNITS = 43_770
SHOWN = 10


class Command(BaseCommand):
    help = "Load a release of the PSGC: FILE with PSA's columns (CSV, gzipped or not), or the packaged one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, metavar="FILE")

    def handle(self, *, file: Path | None, verbosity: int, **options: Any) -> None:  # noqa: ARG002
        self.shown = SHOWN if verbosity < 2 else EXPECTED_UNITS * 2
        try:
            path = file or packaged_path()
            report = self._load(path, read_csv(path) if file else read_packaged(path))
        except ReleaseError as error:
            raise CommandError(
                f"{error}. Nothing was changed; mend the file and run load_psgc again."
            ) from error
        self._tell(report)

    def _load(self, path: Path, rows: Any) -> LoadReport:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(file=self.stderr._out)) as progress:  # noqa: SLF001
            bar = progress.add_task(f"Reading {path.name}", total=EXPECTED_UNITS)
            step = partial(progress.advance, bar)
            report = release_load(
                rows=counted(rows, step),
                step=lambda title: progress.update(bar, description=f"Stored: {title}"),
            )
            progress.update(bar, completed=report.units, total=report.units, description="Loaded")
        return report

    def _tell(self, report: LoadReport) -> None:
        self.stdout.write(
            f"{report.units} units: {len(report.new)} new, {len(report.moved)} moved, "
            f"{len(report.updated)} updated, {len(report.gone)} gone, {len(report.unmatched)} unmatched"
        )
        # A first load is all new: the list would be the country.
        if len(report.new) < report.units // 2:
            self._list("New", report.new)
        self._list("Moved", report.moved)
        self._list("Gone, kept as inactive", report.gone)
        self._list(
            "Unmatched, kept as inactive (a unit of the same name is new: move what hangs on it)",
            report.unmatched,
        )

    def _list(self, title: str, changes: list[Change]) -> None:
        if changes:
            self.stdout.write("\n  ".join([f"{title}:", *map(str, changes[: self.shown])]))
        if len(changes) > self.shown:
            self.stdout.write(f"  and {len(changes) - self.shown} more (all of them: --verbosity 2)")
