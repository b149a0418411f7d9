"""A report as Markdown, for a pull request or $GITHUB_STEP_SUMMARY."""

from collections.abc import Iterable, Iterator

from monitoring.budgets.gate.check import Report
from monitoring.budgets.gate.verdict import Finding, Verdict


def to_markdown(report: Report) -> str:
    """A heading with the verdict, what is broken with its statements, and every operation folded away."""
    broken = len(report.broken)
    passed = "all kept" if not report.exit_code else f"{broken} broken, {len(report.problems)} problems"
    lines = [f"## Performance budgets: {passed}", ""]
    lines += [f"- **problem** {_escaped(problem)}" for problem in report.problems]
    for verdict in report.verdicts:
        for finding in verdict.findings:
            lines += _finding(finding)
    for compared in report.comparisons:
        if compared.comparison.outcome != "kept":
            word = "broken" if compared.failed else "warning"
            lines.append(f"- **{word}** `{compared.comparison.operation}` {compared.comparison.told}")
    summary = f"{len(report.verdicts)} operations"
    lines += [
        "",
        f"<details><summary>{summary}</summary>",
        "",
        *_table(report.verdicts),
        "",
        "</details>",
        "",
    ]
    return "\n".join(lines)


def _finding(finding: Finding) -> Iterator[str]:
    word = "broken" if finding.level == "error" else "warning"
    yield f"- **{word}** `{finding.operation}` {finding.budget}: {_escaped(finding.message)}"
    for line in finding.lines:
        note = f", {line.note}" if line.note else ""
        yield f"  - `{line.fingerprint}` {line.small} > {line.large} runs{note}"
        yield f"    `{line.sql.replace('`', chr(39))}`"
        yield from (f"    at `{place}`" for place in line.places)


def _table(verdicts: Iterable[Verdict]) -> Iterator[str]:
    yield "| operation | class | queries at 5 | at 50 | budget | verdict |"
    yield "| --- | --- | ---: | ---: | ---: | --- |"
    for verdict in verdicts:
        measured, limit = verdict.measured, verdict.budget.queries_max
        word = "broken" if verdict.failed else "warning" if verdict.findings else "ok"
        small, large = measured.small.cold.queries, measured.large.cold.queries
        counts = f"{small} | {large} | {'-' if limit is None else limit}"
        yield f"| `{measured.name}` | {measured.operation_class} | {counts} | {word} |"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")
