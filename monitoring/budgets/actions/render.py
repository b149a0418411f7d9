"""`budget render`: writes the files that are made of budgets.toml."""

import argparse
from pathlib import Path
from typing import Any

from rich.console import Console

from monitoring.budgets import dashboards, rules
from monitoring.budgets.gate.exit_codes import BREACHED, PASSED

from .options import required_budgets

NAME = "render"
HELP = "Writes Prometheus' rules and Grafana's dashboards from budgets.toml."
EXAMPLES = """
  manage.py budget render                 writes prometheus/rules and grafana/dashboards beside budgets.toml
  manage.py budget render --check         writes nothing; exit code 1 when a file is out of date
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help="only compare with what is there")


def run(options: dict[str, Any], console: Console) -> int:
    budgets = required_budgets()
    root = (budgets.path or Path()).parent
    stale = 0
    rendered = rules.render(budgets) | dashboards.render(budgets)
    for path, text in sorted(rendered.items()):
        target = root / path
        if target.is_file() and target.read_text(encoding="utf-8") == text:
            console.print(f"unchanged  {path}", highlight=False)
            continue
        stale += 1
        if not options["check"]:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        console.print(f"{'differs' if options['check'] else 'written'}    {path}", highlight=False)
    if options["check"] and stale:
        console.print("Run `manage.py budget render` and commit what it writes.", highlight=False)
    return BREACHED if options["check"] and stale else PASSED
