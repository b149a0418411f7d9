"""PostgreSQL's own log of statements (log_statement=all, as JSON), told apart by what each one is."""

import json
import re
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

SETTINGS = {
    "log_statement": "all",
    "logging_collector": "on",
    "log_destination": "jsonlog",
    "log_directory": "log",
    "log_filename": "statements",
    "log_rotation_age": "0",
    "log_rotation_size": "0",
}
# What the recorder itself reads of the server at a scrape goes over a connection that says so.
RECORDER = "tachograph"
_MESSAGE = re.compile(r"(?:statement|execute [^:]*): (.*)", re.DOTALL)
_KINDS = {
    "end": r"COMMIT|END\b|ROLLBACK(?! TO)",
    "begin": r"BEGIN|START TRANSACTION",
    "fetch": r"FETCH|CLOSE|MOVE",
    # Django sends these on psycopg's own cursor: the time zone of a new connection, the check of a kept one.
    "round": r"SELECT set_config\('TimeZone'|SELECT 1\Z|\Z",
    "plumbing": r"SAVEPOINT|RELEASE|ROLLBACK TO|SET\b|SELECT set_config\(",
    "many": r".*/\* many \*/",
    "query": r"",
}
_PATTERNS = {kind: re.compile(pattern, re.DOTALL | re.IGNORECASE) for kind, pattern in _KINDS.items()}


def kind(sql: str) -> str:
    """What a statement is: one of the keys of _KINDS."""
    return next(name for name, pattern in _PATTERNS.items() if pattern.match(sql.strip()))


class Statements(list[str]):
    """What PostgreSQL executed, or refused, in the order of its log."""

    def count(self, *kinds: str) -> int:  # type: ignore[override]
        return sum(kind(sql) in kinds for sql in self)


class StatementLog:
    """The log of one private cluster that runs with SETTINGS."""

    MARKER = "tachograph-e2e-marker"

    def __init__(self, file: Path, admin_url: str) -> None:
        self._file = file.open(encoding="utf-8")
        self._marker = psycopg.connect(admin_url, autocommit=True, application_name=self.MARKER)

    def close(self) -> None:
        self._marker.close()
        self._file.close()

    @contextmanager
    def window(self) -> Iterator[Statements]:
        """The statements of all others while the block ran; filled in at its end."""
        found = Statements()
        self._read()
        yield found
        found += self._read()

    def _read(self, seconds: float = 10) -> list[str]:
        """The statements since the last call. A statement of our own says when the log has caught up."""
        token = uuid.uuid4().hex
        self._marker.execute(f"SELECT '{token}'")
        deadline = time.monotonic() + seconds
        statements: list[str] = []
        last: dict[int, str] = {}
        rest = ""
        while True:
            line = rest + self._file.readline()
            if not line.endswith("\n"):
                assert time.monotonic() < deadline, "PostgreSQL's log did not catch up"
                rest = line
                time.sleep(0.01)
                continue
            rest = ""
            entry = json.loads(line)
            if entry.get("application_name") == self.MARKER:
                if token in entry["message"]:
                    return statements
            elif entry.get("application_name") == RECORDER:
                continue
            elif (sql := _statement(entry, last)) is not None:
                statements.append(sql)


def _statement(entry: dict, last: dict[int, str]) -> str | None:
    """The statement that an entry tells of, or None. `last` is each backend's last one.

    A statement that does not parse is told by its error alone.
    """
    pid = entry["pid"]
    if entry["error_severity"] == "ERROR":
        sql = entry.get("statement")
        return sql if sql is not None and sql != last.get(pid) else None
    match = _MESSAGE.match(entry["message"])
    if match is None or entry["error_severity"] != "LOG" or "dbname" not in entry:
        return None
    last[pid] = match[1]
    return match[1]
