"""Who is connected to PostgreSQL, what runs long, and who waits for whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from ..saturation.postgresql import CLIENTS, HIDDEN, LONG_RUNNING_S, STATES
from ..statements import normalise

MAX_SQL_CHARS: Final = 2_000

# Of other roles' connections only members of pg_monitor see the state, so each of those may wait.
_ACTIVITY: Final = f"""
SELECT pid, coalesce(datname, ''), coalesce(application_name, ''), coalesce(state, %s),
       coalesce(extract(epoch FROM clock_timestamp() - query_start), 0)::float8,
       coalesce(extract(epoch FROM clock_timestamp() - xact_start), 0)::float8,
       coalesce(wait_event_type || ': ' || wait_event, ''), coalesce(query, ''),
       CASE WHEN wait_event_type = 'Lock' OR state IS NULL THEN pg_blocking_pids(pid) ELSE '{{}}' END
FROM pg_stat_activity
WHERE {CLIENTS}
"""  # noqa: S608  (no value in it)
_WANTED: Final = """
SELECT pid, mode, coalesce(CASE WHEN database IN (0, (SELECT oid FROM pg_database
       WHERE datname = current_database())) THEN relation::regclass::text END, locktype)
FROM pg_locks WHERE NOT granted
"""


@dataclass(frozen=True, slots=True)
class Session:
    """A client's connection. `sql` is normalised: what it runs, or ran last. `wait` is what it waits for.

    `running_s` counts from the beginning of that statement, `transaction_s` from that of its transaction.
    """

    pid: int
    database: str
    application: str
    state: str
    running_s: float
    transaction_s: float
    wait: str
    sql: str
    blocked_by: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Blocked:
    """A session that waits for a lock of `mode` on `target`, and those that hold it up."""

    session: Session
    mode: str
    target: str
    blockers: tuple[Session, ...]


@dataclass(frozen=True, slots=True)
class Connections:
    """Connections to the whole server. `utilisation` is the share of `most` that is taken, 0 to 1."""

    by_state: dict[str, int]
    total: int
    most: int
    utilisation: float


def _session(row: tuple[Any, ...]) -> Session:
    pid, database, application, state, running, transaction, wait, sql, blockers = row
    # A prepared transaction holds a lock without a session: its pid is 0.
    return Session(
        pid, database, application, state, running, transaction, wait,
        normalise(sql)[:MAX_SQL_CHARS], tuple(sorted(set(blockers) - {0})),
    )  # fmt: skip


def sessions(cursor: Any) -> list[Session]:
    """All clients' sessions but this one. One query."""
    cursor.execute(_ACTIVITY, [HIDDEN, cursor.connection.info.backend_pid])
    return [_session(row) for row in cursor.fetchall()]


def connections(found: list[Session], most: int) -> Connections:
    """The count of `found` by state, each state that matters shown at 0, too."""
    by_state = Counter(dict.fromkeys(STATES, 0))
    by_state.update(session.state for session in found)
    return Connections(dict(by_state), len(found), most, len(found) / most)


def long_running(found: list[Session]) -> list[Session]:
    """Those whose statement has been running for over a second, the longest first."""
    running = [one for one in found if one.state == "active" and one.running_s > LONG_RUNNING_S]
    return sorted(running, key=lambda one: -one.running_s)


def idle_in_transaction(found: list[Session]) -> list[Session]:
    """Those that do nothing in a transaction that has been open for over a second, the longest first."""
    open_ones = (one for one in found if one.state.startswith("idle in transaction"))
    idle = [one for one in open_ones if one.transaction_s > LONG_RUNNING_S]
    return sorted(idle, key=lambda one: -one.transaction_s)


def blocked(cursor: Any, found: list[Session]) -> list[Blocked]:
    """Those of `found` that wait for a lock, the longest wait first. One query."""
    cursor.execute(_WANTED)
    wanted = {pid: (mode, target) for pid, mode, target in cursor.fetchall()}
    return sorted(_blocked(found, wanted), key=lambda one: -one.session.running_s)


def _blocked(found: list[Session], wanted: dict[int, tuple[str, str]]) -> Iterator[Blocked]:
    by_pid = {session.pid: session for session in found}
    for session in found:
        if session.blocked_by:
            mode, target = wanted.get(session.pid, ("", ""))
            blockers = tuple(by_pid[pid] for pid in session.blocked_by if pid in by_pid)
            yield Blocked(session, mode, target, blockers)
