"""What is kept for how long, and the removal of the rest: in chunks, each a transaction, by an index."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from ..conf import conf
from ..errors import ConfigurationError
from .connection import Connection
from .statements import NAMES_LOCK

CHUNK: Final = 5_000
# Of each statement, and of each operation, the latest are kept.
MOST_SAMPLES: Final = 200
MOST_TRACES: Final = 100
# A batch that is sent again after this long would count twice: no process waits so long.
BATCHES: Final = timedelta(days=7)
# One process removes at a time, of all hosts.
_LOCK: Final = 7_301_002

DEFAULTS: Final = {
    "minute": timedelta(hours=12),
    "hour": timedelta(days=35),
    "day": timedelta(days=400),
    "samples": timedelta(days=7),
    "traces": timedelta(days=7),
}
_LEVELS: Final = {"minute": 1, "hour": 2, "day": 3}
_PERIODS: Final = ("tachograph_operation_period", "tachograph_query_period", "tachograph_cache_period")


def retention() -> dict[str, timedelta]:
    """TACHOGRAPH["STORE_RETENTION"] over the defaults. Raises ConfigurationError."""
    given = dict(conf().STORE_RETENTION)
    if unknown := sorted(given.keys() - DEFAULTS.keys()):
        raise ConfigurationError(
            f"TACHOGRAPH['STORE_RETENTION'] has no {', '.join(unknown)}. It knows: {', '.join(DEFAULTS)}."
        )
    found = DEFAULTS | {key: _duration(key, value) for key, value in given.items()}
    if found["minute"] < timedelta(hours=2):
        raise ConfigurationError(
            "TACHOGRAPH['STORE_RETENTION']['minute'] is under two hours, which short windows are read from."
        )
    return found


def _duration(key: str, value: Any) -> timedelta:
    found = value if isinstance(value, timedelta) else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        found = timedelta(seconds=value)
    if found is None or found <= timedelta():
        raise ConfigurationError(
            f"TACHOGRAPH['STORE_RETENTION']['{key}'] is {value!r}: give a timedelta, or seconds above 0."
        )
    return found


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one table that are not kept: `what` says which, `condition` finds them in the table `t`."""

    table: str
    what: str
    condition: str
    parameters: tuple[Any, ...] = ()
    order: str = ""
    is_name: bool = False

    def count(self, cursor: Any) -> int:
        """How many there are."""
        cursor.execute(f"SELECT count(*) FROM {self.table} t WHERE {self.condition}", self.parameters)  # noqa: S608
        (found,) = cursor.fetchone()
        return int(found)

    def remove(self, cursor: Any) -> int:
        """Remove CHUNK of them at the most; how many it were. 0, too, while another process is at it."""
        locks = [_LOCK, *([NAMES_LOCK] if self.is_name else [])]
        for lock in locks:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [lock])
            if not cursor.fetchone()[0]:
                return 0
        cursor.execute(self.statement, self.parameters)
        return int(cursor.rowcount)

    @property
    def statement(self) -> str:
        """Removes a chunk. The order is that of an index, which makes PostgreSQL use it."""
        order = f"ORDER BY {self.order}" if self.order else ""
        chunk = f"SELECT t.ctid FROM {self.table} t WHERE {self.condition} {order} LIMIT {CHUNK}"  # noqa: S608
        return f"DELETE FROM {self.table} WHERE ctid = ANY(ARRAY({chunk}))"  # noqa: S608  (our own words)


def parts(now: datetime | None = None) -> list[Part]:
    """All that is not kept, as of `now`. Raises ConfigurationError."""
    now = now or datetime.now(UTC)
    kept = retention()
    found = [
        _before(table, f"{level}s", now - kept[level], f"t.level = {number} AND t.start", "t.level, t.start")
        for table in _PERIODS
        for level, number in _LEVELS.items()
    ]
    found += [
        _before("tachograph_query_sample", "samples", now - kept["samples"]),
        _surplus("tachograph_query_sample", "query_id", MOST_SAMPLES),
        _before("tachograph_trace_sample", "traces", now - kept["traces"]),
        _surplus("tachograph_trace_sample", "operation_id", MOST_TRACES),
        _before("tachograph_batch", "batches", now - BATCHES),
        _before("tachograph_plan", "plans", now - kept["day"]),
        _before("tachograph_gate_run", "gate runs", now - kept["day"]),
    ]
    return [*found, *_names(now - kept["minute"])]


def _before(table: str, what: str, end: datetime, column: str = "t.at", order: str = "t.at") -> Part:
    return Part(table, f"{what} before {end:%Y-%m-%d %H:%M} UTC", f"{column} < %s", (end,), order)


def _surplus(table: str, owner: str, most: int) -> Part:
    condition = (
        f"t.id IN (SELECT id FROM"  # noqa: S608  (our own words)
        f" (SELECT id, row_number() OVER (PARTITION BY {owner} ORDER BY at DESC) AS place"
        f" FROM {table}) ranked WHERE place > {most})"
    )
    return Part(table, f"all but the latest {most} of each", condition)


def _names(before: datetime) -> Iterator[Part]:
    """Statements, lines and operations that no figure speaks of any more, nor anybody."""
    sample, trace = "tachograph_query_sample", "tachograph_trace_sample"
    acknowledgement, plan = "tachograph_acknowledgement", "tachograph_plan"
    _, queries, _ = _PERIODS
    unused = "which nothing speaks of"
    no_query = _unused("query_id", "fingerprint", queries, sample, acknowledgement, plan)
    of_query = f"t.muted_at IS NULL AND t.first_seen < %s AND {no_query}"
    yield Part("tachograph_query", f"statements {unused}", of_query, (before,), is_name=True)
    no_location = _unused("location_id", "id", queries, sample, acknowledgement)
    yield Part("tachograph_location", f"lines {unused}", no_location, is_name=True)
    no_operation = _unused("operation_id", "id", *_PERIODS[:2], sample, trace)
    yield Part("tachograph_operation", f"operations {unused}", no_operation, is_name=True)


def _unused(column: str, key: str, *tables: str) -> str:
    return " AND ".join(f"NOT EXISTS (SELECT FROM {table} u WHERE u.{column} = t.{key})" for table in tables)


def prune(connection: Connection, most_chunks: int | None = None) -> Iterator[tuple[Part, int]]:
    """Remove what is not kept; gives each part and the rows that a chunk of it had.

    Stops after `most_chunks`. Raises django.db.Error and ConfigurationError.
    """
    chunks = 0
    for part in parts():
        removed = CHUNK
        while removed == CHUNK and (most_chunks is None or chunks < most_chunks):
            with connection.transaction() as cursor:
                removed = part.remove(cursor)
            chunks += removed > 0
            yield part, removed
