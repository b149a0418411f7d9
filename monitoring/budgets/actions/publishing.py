"""Where a report goes: to the terminal, to files, to the pull request."""

import argparse
from os import environ
from pathlib import Path
from typing import Any

from rich.console import Console

from monitoring.budgets.gate.check import Report
from monitoring.budgets.gate.output.as_json import to_json
from monitoring.budgets.gate.output.junit import to_junit
from monitoring.budgets.gate.output.markdown import to_markdown
from monitoring.budgets.gate.output.table import print_report

from .options import add_format

FORMATS = {"json": to_json, "junit": to_junit, "markdown": to_markdown}
SUFFIXES = {".json": "json", ".xml": "junit", ".md": "markdown"}


def add_publishing(parser: argparse.ArgumentParser) -> None:
    add_format(parser, "table", *FORMATS)
    parser.add_argument(
        "--write",
        metavar="FILE",
        type=_writable,
        action="append",
        default=[],
        help="also write the result to FILE, as .json, .xml (JUnit) or .md; may be given several times",
    )


def publish(report: Report, options: dict[str, Any], console: Console) -> None:
    """Print it, write the files that were asked for, and add it to $GITHUB_STEP_SUMMARY if that is set."""
    if options["format"] == "table":
        print_report(report, console)
    else:
        console.print(FORMATS[options["format"]](report), highlight=False, markup=False, soft_wrap=True)
    for path in options["write"]:
        path.write_text(FORMATS[SUFFIXES[path.suffix]](report), encoding="utf-8")
    if summary := environ.get("GITHUB_STEP_SUMMARY"):
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(to_markdown(report))


def _writable(text: str) -> Path:
    path = Path(text)
    if path.suffix not in SUFFIXES:
        raise argparse.ArgumentTypeError(f"{text!r}: the name must end in {', '.join(SUFFIXES)}")
    if not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r}: there is no folder {path.parent}")
    return path
