"""A report for a program."""

import json
from dataclasses import asdict
from typing import Any

from monitoring.analysis import hit_rate
from monitoring.budgets.gate.check import Report
from monitoring.budgets.gate.measure import Sample
from monitoring.budgets.gate.verdict import Verdict, cache_commands


def to_json(report: Report) -> str:
    """`{"exit_code", "operations": [{"operation", "class", "budget", "samples", "findings"}], "problems"}`.

    `samples` are two, at 5 and at 50 rows; durations are milliseconds; `problems` are sentences.
    """
    document = {
        "exit_code": report.exit_code,
        "operations": [_verdict(verdict) for verdict in report.verdicts],
        "comparisons": [
            asdict(compared.comparison) | {"failed": compared.failed} for compared in report.comparisons
        ],
        "observed": [asdict(item) | {"failed": item.failed} for item in report.observed],
        "problems": report.problems,
    }
    return json.dumps(document, indent=2)


def _verdict(verdict: Verdict) -> dict[str, Any]:
    measured = verdict.measured
    return {
        "operation": measured.name,
        "class": measured.operation_class,
        "kind": measured.large.cold.kind,
        "failed": verdict.failed,
        "pinned": verdict.pinned,
        "times_ms": measured.large.times_ms,
        "budget": asdict(verdict.budget),
        "samples": [_sample(sample) for sample in (measured.small, measured.large)],
        "findings": [asdict(finding) for finding in verdict.findings],
        "changes": [asdict(line) for line in verdict.changes],
    }


def _sample(sample: Sample) -> dict[str, Any]:
    cold, warm = sample.cold, sample.warm
    return {
        "size": sample.size,
        "queries": cold.queries,
        "plumbing": cold.plumbing,
        "duplicates": cold.duplicates,
        "nplusone": len(cold.nplusone),
        "rows": cold.rows,
        "cache_commands": cache_commands(cold),
        "duration_ms": cold.duration_ns / 1e6,
        "warm_queries": warm.queries if warm is not None else None,
        "warm_hit_rate": hit_rate(warm) if warm is not None else None,
        "statements": {
            key: {"sql": runs.statement.sql, "runs": runs.runs} for key, runs in cold.statements.items()
        },
    }
