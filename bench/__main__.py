"""The command: see --help."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from devservices.errors import ServiceError

from . import chart, report
from .contestants import CONTESTANTS, ROOT
from .endpoints import ENDPOINTS
from .race import BASE, Plan, RaceError
from .run import FULL, QUICK, run

HISTORY = ROOT / "bench" / "history.jsonl"
CHART = ROOT / report.CHART

EPILOG = """\
examples:
  make bench                                   all of it, about 8 minutes; writes README.md, docs/, history
  python -m bench --quick                      does everything work? half a minute; its times mean nothing
  python -m bench --only tachograph zeal --endpoints n1 --cycles 60 --no-micro
                                               a finer look at two contestants and one endpoint
  python -m bench --publish                    tables and chart again, from the last line of the history

how to read it:
  Each contestant runs in a process of its own and answers one block of one endpoint in turn, pinned to one
  core. A ratio is a block's median by the bare service's in the same cycle; "bare, again" shows what of it
  is noise. A contestant that did not record what was done ends the run: its cost would compare with nothing.
  Quiet the machine first: a load above 1 is told in the report, and blurs the small ratios.

exit codes: 0 done; 1 a contestant broke or did not record; 2 usage, or no server to be had
"""


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="What Tachograph costs a request, a query, a cache get and a scrape, beside its peers.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--quick", action="store_true", help="a smoke test: 1 round of 1 cycle, little of the rest"
    )
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="fresh processes so often (5)")
    parser.add_argument("--cycles", type=int, default=10, metavar="N", help="blocks of each in a round (10)")
    parser.add_argument(
        "--only", nargs="+", choices=list(CONTESTANTS), metavar="NAME", help=f"of {', '.join(CONTESTANTS)}"
    )
    parser.add_argument(
        "--endpoints", nargs="+", choices=list(ENDPOINTS), default=list(ENDPOINTS), metavar="NAME",
        help=f"of {', '.join(ENDPOINTS)}",
    )  # fmt: skip
    parser.add_argument("--no-micro", action="store_true", help="the race alone")
    parser.add_argument("--no-pin", action="store_true", help="leave it to the kernel which cores are used")
    parser.add_argument(
        "--publish", action="store_true", help="write the documents from the last run; run nothing"
    )
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="write result, tables and chart there only"
    )
    options = parser.parse_args(given)
    if options.rounds < 1 or options.cycles < 1:
        parser.error("--rounds and --cycles are at least 1")
    return options


def plan_of(options: argparse.Namespace) -> Plan:
    """What is installed, bare always among it."""
    wanted = options.only or list(CONTESTANTS)
    names = tuple(name for name in CONTESTANTS if name in (BASE, *wanted) and not CONTESTANTS[name].missing())
    if options.quick:
        return Plan(names, tuple(options.endpoints), rounds=1, cycles=1, warm_up=0.05)
    return Plan(names, tuple(options.endpoints), options.rounds, options.cycles)


def measured(options: argparse.Namespace, console: Console) -> report.Result:
    """Run it, behind a progress bar."""
    plan = plan_of(options)
    depth = None if options.no_micro else QUICK if options.quick else FULL
    columns = (BarColumn(), TimeElapsedColumn(), TextColumn("of about"), TimeRemainingColumn(),
               TextColumn("{task.description}"))  # fmt: skip
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("starting the servers", total=plan.steps + (depth.steps if depth else 0))

        def step(text: str) -> None:
            progress.update(task, advance=1, description=text)

        return run(plan, depth, pinned=not options.no_pin, step=step)


def keep(result: report.Result, options: argparse.Namespace, console: Console) -> None:
    """To the history and the documents; or to --out alone. A part of a run is not published."""
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "result.json").write_text(json.dumps(result, indent=1) + "\n")
        (options.out / "tables.md").write_text(report.tables(result) + "\n")
        draw(result, options.out / CHART.name, console)
        console.print(f"Written: {options.out}")
    elif options.quick or options.only or options.no_micro or options.endpoints != list(ENDPOINTS):
        console.print("Not a whole run, so nothing is written; --out FOLDER keeps it.")
    else:
        with HISTORY.open("a") as file:
            file.write(json.dumps(result, separators=(",", ":")) + "\n")
        publish(result, console)


def draw(result: report.Result, path: Path, console: Console) -> None:
    if find_spec("matplotlib") is None:
        console.print(
            "No chart: matplotlib is not installed here, but in .venv-bench, which `make bench` makes."
        )
    else:
        chart.draw(result, path)


def publish(result: report.Result, console: Console) -> None:
    draw(result, CHART, console)
    report.publish(result)
    console.print("Written: README.md, docs/benchmarks.md")


def main() -> int:
    options = arguments()
    console = Console(stderr=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # through every `finally`, which stop the servers
    try:
        if options.publish:
            publish(json.loads(HISTORY.read_text().splitlines()[-1]), console)
            return 0
        result = measured(options, console)
        print(report.tables(result))
        keep(result, options, console)
    except (RaceError, report.ReportError) as error:
        console.print(str(error), style="red", highlight=False, markup=False)
        return 1
    except (ServiceError, FileNotFoundError, IndexError) as error:
        console.print(f"{error}", style="red", highlight=False, markup=False)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
