"""A report for a person at a terminal."""

from rich.console import Console, Group
from rich.text import Text

from monitoring.budgets.gate.check import Report
from monitoring.budgets.gate.statements import Line
from monitoring.budgets.gate.verdict import Finding, Verdict

from . import tables

COLOURS = {"error": "red", "warn": "yellow"}
MAX_SQL = 240


def print_report(report: Report, console: Console) -> None:
    """The tables, then each finding with its statements, then the problems and one closing line."""
    found = (
        tables.scenarios(report.verdicts),
        tables.deployment(report.observed),
        tables.revisions(report.comparisons),
    )
    for table in found:
        if table.row_count:
            console.print(table)
    for held in report.held:
        told: set[str] = set()
        for finding in held.findings:
            console.print(_finding(finding, told))
    for verdict in report.verdicts:
        if verdict.changes and not verdict.findings:
            console.print(_changed(verdict))
    for problem in report.problems:
        console.print(Text.assemble(("problem  ", "bold red"), problem))
    console.print(_summary(report))


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


def _changed(verdict: Verdict) -> Text:
    """Only that it did: within its budget, and in the JSON for who wants to know what."""
    return Text.assemble(
        ("changed", "bold cyan"),
        ("  " + verdict.measured.name, "bold"),
        f"  runs {len(verdict.changes)} statements otherwise than pinned; `budget update` takes note of it",
    )


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
    warned = sum(bool(held.findings) and not held.failed for held in report.held)
    told = f"\n{len(report.held)} operations held to their budgets: {broken} broken, {warned} with warnings"
    if report.problems:
        told += f", {len(report.problems)} problems"
    return Text(told, "bold red" if report.exit_code else "bold green")
