"""A report as Markdown, for a pull request or $GITHUB_STEP_SUMMARY."""

from collections.abc import Iterator, Sequence

from monitoring.budgets.gate.canary import Observed
from monitoring.budgets.gate.check import Report
from monitoring.budgets.gate.verdict import Finding, Verdict


def to_markdown(report: Report) -> str:
    """A heading with the verdict, what is broken with its statements, and every operation folded away."""
    broken = len(report.broken)
    passed = "all kept" if not report.exit_code else f"{broken} broken, {len(report.problems)} problems"
    lines = [f"## Performance budgets: {passed}", ""]
    lines += [f"- **problem** {_escaped(problem)}" for problem in report.problems]
    for held in report.held:
        for finding in held.findings:
            lines += _finding(finding)
    idle = [item.operation for item in report.observed if not item.is_judged]
    lines += [f"- too little traffic: {', '.join(f'`{name}`' for name in idle)}"] if idle else []
    for compared in report.comparisons:
        if compared.comparison.outcome != "kept":
            word = "broken" if compared.failed else "warning"
            lines.append(f"- **{word}** `{compared.comparison.operation}` {compared.comparison.told}")
    summary = f"{len(report.held)} operations"
    lines += [
        "",
        f"<details><summary>{summary}</summary>",
        "",
        *_table(report.verdicts),
        *_observed(report.observed),
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


def _table(verdicts: Sequence[Verdict]) -> Iterator[str]:
    if not verdicts:
        return
    yield "| operation | class | queries at 5 | at 50 | budget | verdict |"
    yield "| --- | --- | ---: | ---: | ---: | --- |"
    for verdict in verdicts:
        measured, limit = verdict.measured, verdict.budget.queries_max
        word = "broken" if verdict.failed else "warning" if verdict.findings else "ok"
        small, large = measured.small.cold.queries, measured.large.cold.queries
        counts = f"{small} | {large} | {'-' if limit is None else limit}"
        yield f"| `{measured.name}` | {measured.operation_class} | {counts} | {word} |"


def _observed(observed: Sequence[Observed]) -> Iterator[str]:
    if not observed:
        return
    yield "| operation | class | runs | errors | queries a run | verdict |"
    yield "| --- | --- | ---: | ---: | ---: | --- |"
    for item in observed:
        word = "broken" if item.failed else "warning" if item.findings else "ok"
        figures = f"{item.runs:.0f} | {item.errors:.2%} | {item.queries:.1f}"
        verdict = word if item.is_judged else "too little traffic"
        yield f"| `{item.operation}` | {item.operation_class} | {figures} | {verdict} |"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")
