"""Log lines: one for each slow or broken operation; the request's id on every line."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

from .record import Operation, current

logger = logging.getLogger("tachograph.operation")

# What every LogRecord has by itself; anything else came by `extra` and is told.
_STANDARD = frozenset(logging.LogRecord("", 0, "", 0, "", (), None).__dict__) | {
    "message",
    "asctime",
    "taskName",
}
MAX_FINDINGS = 5
MAX_SQL = 500


def _milliseconds(ns: int) -> float:
    return round(ns / 1e6, 3)


def _findings(operation: Operation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"fault": "nplusone", "at": str(item.place), "runs": item.runs, "sql": item.statement.sql[:MAX_SQL]}
        for item in operation.nplusone[:MAX_FINDINGS]
    ]
    found += [
        {"fault": "slow_query", "at": str(item.place), "ms": _milliseconds(item.duration_ns),
         "sql": item.statement.sql[:MAX_SQL]}
        for item in operation.slow_queries[:MAX_FINDINGS]
    ]  # fmt: skip
    found += [
        {"fault": "duplicates", "at": [str(place) for place in runs.places], "repeats": runs.duplicates,
         "sql": runs.statement.sql[:MAX_SQL]}
        for runs in operation.statements.values()
        if runs.duplicates
    ][:MAX_FINDINGS]  # fmt: skip
    return found


def _level(operation: Operation) -> int:
    """A command of no class of its own (migrate, a loader) is watched by whoever runs it: no warning."""
    is_maintenance = operation.kind == "command" and operation.operation_class == "system"
    return logging.DEBUG if is_maintenance else logging.WARNING


def log_operation(operation: Operation) -> None:
    """Say what a slow or broken operation did, in one line, with the lines of code to look at."""
    if not (operation.breaches or operation.slow_queries or operation.nplusone):
        return
    level = _level(operation)
    if not logger.isEnabledFor(level):
        return
    findings = _findings(operation)
    lines = "; ".join(f"{item['fault']} at {item['at']}" for item in findings)
    logger.log(
        level,
        "%s %s: %s, %.1f ms, %d queries%s",
        operation.name,
        operation.status,
        "broke " + ", ".join(operation.breaches) if operation.breaches else "slow",
        operation.duration_ns / 1e6,
        operation.queries,
        f" ({lines})" if lines else "",
        extra={
            "kind": operation.kind,
            "operation": operation.name,
            "class": operation.operation_class,
            "status": operation.status,
            "breaches": list(operation.breaches),
            "duration_ms": _milliseconds(operation.duration_ns),
            "headers_ms": _milliseconds(operation.headers_ns),
            "db_ms": _milliseconds(operation.db_ns),
            "queries": operation.queries,
            "duplicates": operation.duplicates,
            "findings": findings,
            "request_id": operation.request_id,
            "trace_id": operation.trace_id,
        },
    )


class JsonFormatter(logging.Formatter):
    """One JSON object a line, with the request and trace id of the operation that is running."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of `record`."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if (running := current()) is not None:
            line |= {"request_id": running.request_id, "trace_id": running.trace_id}
        line |= {key: value for key, value in record.__dict__.items() if key not in _STANDARD}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps({key: value for key, value in line.items() if value != ""}, default=str)
