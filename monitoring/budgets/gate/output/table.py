"""A report for a person at a terminal."""

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from monitoring.analysis import hit_rate
from monitoring.budgets import Budget
from monitoring.budgets.gate.absolute import SHARES, percentile
from monitoring.budgets.gate.against import Compared
from monitoring.budgets.gate.check import Report
from monitoring.budgets.gate.measure import Measured
from monitoring.budgets.gate.statements import Line
from monitoring.budgets.gate.verdict import Finding, Verdict

COLOURS = {"error": "red", "warn": "yellow"}
MAX_SQL = 240


def print_report(report: Report, console: Console) -> None:
    """The table, then each finding with its statements, then the problems and one closing line."""
    if report.verdicts:
        console.print(_table(report.verdicts))
    for verdict in report.verdicts:
        told: set[str] = set()
        for finding in verdict.findings:
            console.print(_finding(finding, told))
        if verdict.changes and not verdict.findings:
            console.print(_changed(verdict))
    if report.comparisons:
        console.print(_comparisons(report.comparisons))
    for problem in report.problems:
        console.print(Text.assemble(("problem  ", "bold red"), problem))
    console.print(_summary(report))


def _table(verdicts: list[Verdict]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("operation", overflow="fold")
    table.add_column("class")
    for heading in (
        "queries 5",
        "50",
        "pinned",
        "budget",
        "dup",
        "N+1",
        "cache",
        "warm hits",
        "p50 p95 p99 ms",
    ):
        table.add_column(heading, justify="right")
    table.add_column("verdict")
    for verdict in verdicts:
        table.add_row(*_row(verdict.measured, verdict.budget, verdict.pinned), _word(verdict))
    return table


def _row(measured: Measured, budget: Budget, pinned: int | None) -> list[str]:
    small, large, warm = measured.small.cold, measured.large.cold, measured.large.warm
    rate = hit_rate(warm) if warm is not None else None
    return [
        measured.name,
        measured.operation_class,
        str(small.queries),
        str(large.queries),
        "-" if pinned is None else str(pinned),
        "-" if budget.queries_max is None else str(budget.queries_max),
        str(max(small.duplicates, large.duplicates)),
        str(max(len(small.nplusone), len(large.nplusone))),
        str(sum(large.cache.values())),
        "-" if rate is None else f"{rate:.0%}",
        _times(measured),
    ]


def _times(measured: Measured) -> str:
    found = (percentile(measured.large.times_ms, share) for share in SHARES)
    return " ".join(f"{ms:.1f}" for ms in found if ms is not None)


def _comparisons(comparisons: list[Compared]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("\nagainst the other revision", overflow="fold")
    for heading in ("base ms", "head ms", "ratio", "bounds", "limit", "pairs"):
        table.add_column("\n" + heading, justify="right")
    table.add_column("\nverdict")
    for compared in comparisons:
        found = compared.comparison
        colour = {
            "kept": "green",
            "inconclusive": "yellow",
            "slower": "bold red" if compared.failed else "yellow",
        }
        table.add_row(
            found.operation,
            f"{found.base_ms:.2f}",
            f"{found.head_ms:.2f}",
            f"{found.ratio:.3f}",
            f"{found.low:.3f} to {found.high:.3f}",
            f"{found.limit:g}",
            str(found.pairs),
            Text(found.outcome, colour[found.outcome]),
        )
    return table


def _word(verdict: Verdict) -> Text:
    if verdict.failed:
        return Text("broken", "bold red")
    return Text("warning", "yellow") if verdict.findings else Text("ok", "green")


def _finding(finding: Finding, told: set[str]) -> Group:
    """`told`: the statements of the operation whose SQL stands above already."""

    head = Text.assemble(
        ("\n" + ("broken" if finding.level == "error" else "warning"), f"bold {COLOURS[finding.level]}"),
        ("  " + finding.operation, "bold"),
        f"  {finding.budget}: {finding.message}",
    )
    lines = [_line(line, is_told=line.fingerprint in told) for line in finding.lines]
    told |= {line.fingerprint for line in finding.lines}
    return Group(head, *lines)


def _changed(verdict: Verdict) -> Group:
    head = Text.assemble(
        ("\nchanged", "bold cyan"),
        ("  " + verdict.measured.name, "bold"),
        "  within its budget; `budget update` takes note of it",
    )
    return Group(head, *(_line(line, is_told=False) for line in verdict.changes))


def _line(line: Line, *, is_told: bool) -> Text:
    sql = line.sql if len(line.sql) <= MAX_SQL else line.sql[:MAX_SQL] + " ..."
    counts = f"{line.small} > {line.large} runs" if line.large or line.small else ""
    counts = ", ".join(filter(None, (counts, line.note)))
    text = Text.assemble("  ", (line.fingerprint, "cyan"), f"  {counts}")
    if is_told:
        return text
    text.append(f"\n      {sql}", "dim")
    for place in line.places:
        text.append(f"\n      at {place}", "magenta")
    return text


def _summary(report: Report) -> Text:
    broken = len(report.broken)
    warned = sum(bool(verdict.findings) and not verdict.failed for verdict in report.verdicts)
    told = (
        f"\n{len(report.verdicts)} operations held to their budgets: {broken} broken, {warned} with warnings"
    )
    if report.problems:
        told += f", {len(report.problems)} problems"
    return Text(told, "bold red" if report.exit_code else "bold green")
