"""A database, as it is now: one look at PostgreSQL, by a constant number of queries."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar

from django.db import DEFAULT_DB_ALIAS, DatabaseError
from django.db import connections as databases
from django.utils import timezone

from ..saturation.own_connection import own_cursor, savepoint
from . import activity, top
from .activity import Blocked, Connections, Session
from .indexes import Indexes, indexes
from .pool import Pool, pool
from .tables import TableFigures, tables
from .top import Top

logger = logging.getLogger("tachograph.servers")

STATEMENT_TIMEOUT_MS: Final = 2_000
# A table that is being altered must not hold up who looks why.
LOCK_TIMEOUT_MS: Final = 500

_SERVER: Final = """
SELECT current_database(), current_setting('server_version'), current_setting('max_connections')::int,
       pg_database_size(current_database()), s.blks_hit::float8 / nullif(s.blks_hit + s.blks_read, 0),
       s.deadlocks, s.temp_bytes, s.stats_reset
FROM pg_stat_database s WHERE s.datname = current_database()
"""

_Part = TypeVar("_Part")


@dataclass(frozen=True, slots=True)
class Server:
    """`hit_ratio` is the share of blocks that were in PostgreSQL's buffers, None where none was read.

    `deadlocks` and `temp_bytes` (sorts and the like that did not fit into work_mem) count, as does the
    ratio, since `since`; None for since the database was made.
    """

    database: str
    version: str
    max_connections: int
    size_bytes: int
    hit_ratio: float | None
    deadlocks: int
    temp_bytes: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class DatabaseReport:
    """A database at `at`. Where it is not up, `error` says what to do, and only `pool` is known.

    `missing` says of a part that could not be read why, by the part's name.
    `statements_note` says how to see more of pg_stat_statements; empty where there is nothing to say.
    """

    alias: str
    at: datetime
    is_up: bool
    error: str
    pool: Pool
    server: Server | None = None
    connections: Connections | None = None
    long_running: list[Session] = field(default_factory=list)
    idle_in_transaction: list[Session] = field(default_factory=list)
    blocked: list[Blocked] = field(default_factory=list)
    tables: list[TableFigures] = field(default_factory=list)
    indexes: Indexes | None = None
    statements: list[Top] = field(default_factory=list)
    statements_note: str = ""
    missing: dict[str, str] = field(default_factory=dict)


class _Reading:
    """One part after the other; one that fails leaves the others whole."""

    def __init__(self, cursor: Any) -> None:
        self.cursor = cursor
        self.missing: dict[str, str] = {}

    def part(self, name: str, read: Callable[[Any], _Part], otherwise: _Part) -> _Part:
        try:
            with savepoint(self.cursor):
                return read(self.cursor)
        except DatabaseError as error:
            logger.warning("The database's %s cannot be read: %s", name, error)
            self.missing[name] = "It could not be read in time, or is not allowed to be. The log says why."
            return otherwise


def report(alias: str = DEFAULT_DB_ALIAS) -> DatabaseReport:
    """The report of a database of the settings, up or not. Raises KeyError for an alias that is not there."""
    vendor = databases.create_connection(alias).vendor if alias in databases.settings else ""
    if not vendor:
        raise KeyError(alias)
    if vendor != "postgresql":
        return _down(alias, f"Only PostgreSQL is reported on, and this database is {vendor}.")
    try:
        with own_cursor(alias, statement_timeout_ms=STATEMENT_TIMEOUT_MS) as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}")
            return _read(alias, cursor)
    except DatabaseError as error:
        logger.warning("The database %s does not answer: %s", alias, error)
        return _down(alias, "The database does not answer. Is it running, and is DATABASE_URL right?")


def _down(alias: str, error: str) -> DatabaseReport:
    return DatabaseReport(alias, timezone.now(), is_up=False, error=error, pool=pool(alias))


def _read(alias: str, cursor: Any) -> DatabaseReport:
    cursor.execute(_SERVER)
    server = Server(*cursor.fetchone())
    reading = _Reading(cursor)
    sessions: list[Session] = reading.part("connections", activity.sessions, [])
    statements, note = _statements(reading)
    return DatabaseReport(
        alias=alias,
        at=timezone.now(),
        is_up=True,
        error="",
        pool=pool(alias),
        server=server,
        connections=activity.connections(sessions, server.max_connections),
        long_running=activity.long_running(sessions),
        idle_in_transaction=activity.idle_in_transaction(sessions),
        blocked=reading.part("locks", lambda cursor: activity.blocked(cursor, sessions), []),
        tables=reading.part("tables", tables, []),
        indexes=reading.part("indexes", indexes, Indexes([], [], [])),
        statements=statements,
        statements_note=note,
        missing=reading.missing,
    )


def _statements(reading: _Reading) -> tuple[list[Top], str]:
    where = reading.part("statements", top.schema, None)
    if where is None:
        return [], top.HOW_TO_SWITCH_ON
    found = reading.part("statements", lambda cursor: top.top(cursor, where), None)
    if found is None:  # the extension is there, its library is not
        return [], top.HOW_TO_SWITCH_ON
    return found, "" if found else top.HOW_TO_SEE_ALL
