"""A report as JUnit XML, which every CI server shows: one test case for each operation."""

from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from monitoring.budgets.gate.against import Compared
from monitoring.budgets.gate.canary import Observed
from monitoring.budgets.gate.check import Report
from monitoring.budgets.gate.verdict import Finding, Verdict


def to_junit(report: Report) -> str:
    """A breach is a failure, a warning is output of its case, a problem is a case with an error."""
    suite = Element("testsuite", name="budgets")
    for verdict in report.verdicts:
        _add_case(suite, verdict)
    for item in report.observed:
        _add_observed(suite, item)
    for compared in report.comparisons:
        _add_comparison(suite, compared)
    for problem in report.problems:
        case = SubElement(suite, "testcase", classname="budgets.problem", name=problem)
        SubElement(case, "error", message=problem)
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(sum(case.find("failure") is not None for case in suite)))
    suite.set("errors", str(len(report.problems)))
    indent(suite)
    return tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _add_case(suite: Element, verdict: Verdict) -> None:
    measured = verdict.measured
    seconds = f"{measured.large.cold.duration_ns / 1e9:.6f}"
    case = SubElement(
        suite, "testcase", classname=f"budgets.{measured.operation_class}", name=measured.name, time=seconds
    )
    _add_findings(case, verdict.findings)


def _add_observed(suite: Element, item: Observed) -> None:
    case = SubElement(suite, "testcase", classname=f"budgets.{item.operation_class}", name=item.operation)
    if item.is_judged:
        _add_findings(case, item.findings)
    else:
        SubElement(case, "skipped", message="too little traffic")


def _add_findings(case: Element, findings: Iterable[Finding]) -> None:
    broken = [finding for finding in findings if finding.level == "error"]
    if broken:
        failure = SubElement(case, "failure", message="; ".join(finding.message for finding in broken))
        failure.text = "\n".join(_told(finding) for finding in broken)
    warnings = [finding for finding in findings if finding.level == "warn"]
    if warnings:
        SubElement(case, "system-out").text = "\n".join(_told(finding) for finding in warnings)


def _add_comparison(suite: Element, compared: Compared) -> None:
    case = SubElement(suite, "testcase", classname="budgets.relative", name=compared.comparison.operation)
    told = compared.comparison.told
    if compared.failed:
        SubElement(case, "failure", message=told)
    else:
        SubElement(case, "system-out").text = told


def _told(finding: Finding) -> str:
    lines = [f"{finding.budget}: {finding.message}"]
    for line in finding.lines:
        lines.append(f"  {line.fingerprint}  {line.small} > {line.large} runs  {line.note}".rstrip())
        lines.append(f"    {line.sql}")
        lines += [f"    at {place}" for place in line.places]
    return "\n".join(lines)
