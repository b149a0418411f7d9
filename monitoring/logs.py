"""Log lines: one for each slow or broken operation; the request's id on every line."""

from __future__ import annotations

import json
import logging
import traceback
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest

from . import names
from .record import Operation, current

logger = logging.getLogger("tachograph.operation")

# What every LogRecord has by itself; anything else came by `extra` and is told.
_STANDARD = frozenset(logging.LogRecord("", 0, "", 0, "", (), None).__dict__) | {
    "message",
    "asctime",
    "taskName",
}
# A request's own text has its path and query string.
_UNTOLD = _STANDARD | {"request"}
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


def _message(record: logging.LogRecord, *, exception_messages: bool) -> str:
    """What is said, with a request's name for its path, and an exception's type for its message."""
    message, request = record.getMessage(), getattr(record, "request", None)
    if isinstance(request, HttpRequest) and request.path in message:
        message = message.replace(request.path, names.name(request)[0])
    error = record.exc_info[1] if record.exc_info else None
    if error is not None and not exception_messages and str(error):
        message = message.replace(str(error), type(error).__qualname__)
    return message


def _stack(error: BaseException | None) -> str:
    """The error and those it came from, as Python prints them, but without their messages."""
    told: list[str] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        lines = traceback.format_tb(error.__traceback__)
        told.insert(0, "".join([*lines, f"{type(error).__module__}.{type(error).__qualname__}"]))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n\nwhich led to:\n\n".join(told)


class JsonFormatter(logging.Formatter):
    """One JSON object a line, with the request and trace id of the operation that is running.

    An exception is told by its types and lines of code: its message may quote what somebody typed. With
    `exception_messages` it is told whole. Of a request the operation's name is told, not its path.
    """

    def __init__(self, *args: Any, exception_messages: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        self.exception_messages = exception_messages

    def format(self, record: logging.LogRecord) -> str:
        """The line of `record`."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": _message(record, exception_messages=self.exception_messages),
        }
        if (running := current()) is not None:
            line |= {"request_id": running.request_id, "trace_id": running.trace_id}
        line |= {key: value for key, value in record.__dict__.items() if key not in _UNTOLD}
        if record.exc_info:
            line["exception"] = self._exception(record.exc_info)
        return json.dumps({key: value for key, value in line.items() if value != ""}, default=str)

    def _exception(self, found: Any) -> str:
        return self.formatException(found) if self.exception_messages else _stack(found[1])
