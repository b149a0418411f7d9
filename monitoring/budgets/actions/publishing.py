"""Where a report goes: to the terminal, to files, to the pull request."""

import argparse
from os import environ
from pathlib import Path
from typing import Any

from rich.console import Console

from monitoring.budgets import budgets
from monitoring.budgets.gate.check import Report
from monitoring.budgets.gate.output.as_json import to_json
from monitoring.budgets.gate.output.junit import to_junit
from monitoring.budgets.gate.output.markdown import to_markdown
from monitoring.budgets.gate.output.table import print_report
from monitoring.budgets.gate.prometheus import address
from monitoring.budgets.gate.reporting import body, post
from monitoring.budgets.gate.revision import commit_of, root_of
from monitoring.errors import BudgetError

from .options import add_format, tell

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
    parser.add_argument(
        "--report",
        metavar="URL",
        type=address,
        help="also tell the service at URL, for its console; an admin's token in $TACHOGRAPH_TOKEN",
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
    if options["report"]:
        _tell(report, options)


def _tell(report: Report, options: dict[str, Any]) -> None:
    """A service that is down does not decide over a pull request: said, and no more."""
    path = budgets().path
    try:
        revision = commit_of(root_of(path), "HEAD") if path is not None else "unknown"
        run = body(to_json(report), revision, options.get("against") or "", environ)
        post(options["report"], environ.get("TACHOGRAPH_TOKEN", ""), run)
    except BudgetError as error:
        tell(f"warning: {error}")


def _writable(text: str) -> Path:
    path = Path(text)
    if path.suffix not in SUFFIXES:
        raise argparse.ArgumentTypeError(f"{text!r}: the name must end in {', '.join(SUFFIXES)}")
    if not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r}: there is no folder {path.parent}")
    return path
