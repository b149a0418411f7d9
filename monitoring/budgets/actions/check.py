"""`budget check`: the gate."""

import argparse
from os import environ
from typing import Any

from rich.console import Console

from monitoring.budgets import Budgets
from monitoring.budgets.gate.against import Compared, compare_all, sides
from monitoring.budgets.gate.canary import Canary
from monitoring.budgets.gate.catalogue import known_operations, needing_scenarios
from monitoring.budgets.gate.check import Report, judge_all, measure_all, select
from monitoring.budgets.gate.entries import coverage_gaps, stale_entries
from monitoring.budgets.gate.environment import Environment, own_environment
from monitoring.budgets.gate.measure import Measured
from monitoring.budgets.gate.prometheus import Prometheus, address
from monitoring.budgets.gate.revision import root_of
from monitoring.errors import BudgetError

from .options import add_keepdb, add_operation, bar, counted, required_budgets, tell
from .publishing import add_publishing, publish

NAME = "check"
HELP = "Runs the scenarios at 5 and at 50 rows and holds what they cost to budgets.toml."
EXAMPLES = """
  manage.py budget check                                     everything
  manage.py budget check --operation 'GET /api/cadets*'      some operations
  manage.py budget check --keepdb                            faster from the second run on
  manage.py budget check --against origin/main               is it slower than that?
  manage.py budget check --prometheus http://prometheus:9090 --window 30m --selector 'version="canary"'
  manage.py budget check --write budget.xml                  JUnit for the CI server, beside the table
  manage.py budget check --format json | jq .exit_code       for a program
  manage.py budget check --report https://tacho.example      shown in that service's console

It makes databases of its own (test_<name>_gate; the role needs CREATEDB), cache keys of its own and a
broker that goes nowhere, so it can run beside a running service. Each scenario is warmed up, its cache
emptied, and called.

A scenario stands in an app's scenarios.py:

  @scenario("GET /api/cadets", seed=seed_cadets)             # seed(n) makes n cadets
  def list_cadets(client, world):
      return client.get("/api/cadets")

Each operation of the OpenAPI schema, each Celery task and each block of the class sync needs one; [[exempt]]
in budgets.toml excuses five at most, each with a reason and an expiry.

With --against both revisions run block by block in turns, pinned to one core, on clones of one database; the
bound of the median ratio is held to relative.max_ratio. It takes 10 to 30 pairs of blocks of 50 ms each.

Milliseconds (p95, p99, slow queries) only warn, unless TACHOGRAPH_DEDICATED=1 says that this machine does
nothing else. Where $GITHUB_STEP_SUMMARY is set, the result is added to it as Markdown.

Exit codes: 0 all kept; 1 a budget is broken or a count grows with the data; 2 configuration or usage;
3 inconclusive under --strict.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    add_operation(parser)
    add_publishing(parser)
    parser.add_argument(
        "--against", metavar="REV", help="also compare durations with this revision, in a worktree of its own"
    )
    parser.add_argument(
        "--lock",
        metavar="FILE",
        default="requirements/run.txt",
        help="with --against: where it differs, REV gets an environment of its own (default %(default)s)",
    )
    parser.add_argument("--strict", action="store_true", help="exit 3 when inconclusive")
    add_keepdb(parser)
    canary = parser.add_argument_group("a running deployment, instead of the scenarios")
    canary.add_argument("--prometheus", metavar="URL", type=address, help="hold what this server recorded")
    canary.add_argument("--window", default="30m", metavar="TIME", help="how far back (default %(default)s)")
    canary.add_argument("--selector", default="", help='more labels to match, as in version="canary"')
    canary.add_argument(
        "--floor",
        type=int,
        default=50,
        metavar="RUNS",
        help="under it is too little traffic (%(default)s)",
    )


def run(options: dict[str, Any], console: Console) -> int:
    budgets = required_budgets()
    report = _canary(budgets, options) if options["prometheus"] else _gate(budgets, options)
    report.is_strict = options["strict"]
    publish(report, options, console)
    return report.exit_code


def _canary(budgets: Budgets, options: dict[str, Any]) -> Report:
    if options["against"]:
        raise BudgetError("--prometheus looks at what is deployed, --against runs revisions here: choose one")
    canary = Canary(Prometheus(options["prometheus"], options["window"], options["selector"]))
    return Report(observed=list(canary.observed(budgets, options["operation"], options["floor"])))


def _gate(budgets: Budgets, options: dict[str, Any]) -> Report:
    selected = select(options["operation"])
    known = known_operations()
    compared: list[Compared] = []
    with own_environment(keepdb=options["keepdb"]) as environment:
        measured, problems = measure_all(selected, environment, bar)
        if options["against"]:
            compared = _compare(budgets, measured, options, environment, problems)
    report = judge_all(budgets, measured, problems, is_dedicated=environ.get("TACHOGRAPH_DEDICATED") == "1")
    report.comparisons = compared
    report.problems += stale_entries(budgets, known)
    if not options["operation"]:
        blocks = {name for item in measured for name in item.large.sync_blocks}
        report.problems += coverage_gaps(budgets, needing_scenarios() | blocks, known)
    return report


def _compare(
    budgets: Budgets,
    measured: list[Measured],
    options: dict[str, Any],
    environment: Environment,
    problems: list[str],
) -> list[Compared]:
    assert budgets.path is not None
    classes = {item.name: item.operation_class for item in measured}
    with sides(root_of(budgets.path), options["against"], options["lock"], environment, tell) as both:
        found = compare_all(both, classes, lambda name: budgets.resolve(name, classes[name]), problems)
        return list(counted(found, len(classes), "against " + options["against"]))
