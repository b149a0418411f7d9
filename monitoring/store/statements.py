"""The statements that add a batch to the tables: as many for a row as for a thousand.

Rows are written in the order of their keys, so that processes that write at once wait for each other and
never for each other in a ring. A row of a minute is also added to its hour and its day: these are whole at
any time, whatever is late, sent again or removed meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .batch import OPERATION_COUNTS, OPERATION_SECONDS, QUERY_COUNTS, QUERY_SECONDS

LEVELS: Final = "(VALUES (1, 'minute'), (2, 'hour'), (3, 'day')) AS level(number, unit)"
START: Final = "date_trunc(level.unit, to_timestamp(%s), 'UTC')"
_OPERATION: Final = "kind text, name text, operation_class text"
_JOIN_OPERATION: Final = """
JOIN tachograph_operation o
  ON (o.kind, o.name, o.operation_class) = (r.kind, r.name, r.operation_class)"""
_JOIN_LOCATION: Final = "JOIN tachograph_location p ON (p.module, p.function) = (r.module, r.function)"
_JOIN_BOUNDS: Final = "JOIN tachograph_bounds b ON b.bounds = r.bounds"
# A row's histogram and that of the row which comes to it: they have the same bounds, and so the same length.
_HISTOGRAM: Final = """histogram = CASE WHEN excluded.runs = 0 THEN kept.histogram ELSE ARRAY(
  SELECT mine + more
  FROM unnest(kept.histogram, excluded.histogram) WITH ORDINALITY AS pair(mine, more, place)
  ORDER BY place) END"""


def added(sums: Sequence[str], *, has_histogram: bool) -> str:
    """What adds the row `excluded` to the row `kept`: the list of an ON CONFLICT DO UPDATE SET."""
    sets = [f"{name} = kept.{name} + excluded.{name}" for name in sums]
    if has_histogram:
        sets += ["duration_max_s = greatest(kept.duration_max_s, excluded.duration_max_s)", _HISTOGRAM]
    return ", ".join(sets)


def _typed(counts: Sequence[str], seconds: Sequence[str]) -> str:
    return ", ".join([*(f"{name} bigint" for name in counts), *(f"{name} float8" for name in seconds)])


def _upsert(
    table: str, keys: dict[str, str], columns: str, joins: str, sums: Sequence[str], *, has_histogram: bool
) -> str:
    """Adds the rows of a recordset (`r`) to a table of periods. Parameters: when, the rows."""
    others = ["duration_max_s", "histogram"] if has_histogram else []
    into = ["level", "start", *keys, *sums, *others]
    values = ["level.number", START, *keys.values(), *(f"r.{name}" for name in (*sums, *others))]
    sets = added(sums, has_histogram=has_histogram)
    order = ", ".join(str(number + 1) for number in range(len(keys) + 2))
    return f"""
INSERT INTO {table} AS kept ({", ".join(into)})
SELECT {", ".join(values)}
FROM {LEVELS} CROSS JOIN jsonb_to_recordset(%s::jsonb) AS r({columns})
{joins}
ORDER BY {order}
ON CONFLICT (level, start, {", ".join(keys)}) DO UPDATE SET {sets}"""  # noqa: S608  (our own words)


OPERATIONS: Final = _upsert(
    "tachograph_operation_period",
    {"operation_id": "o.id", "bounds_id": "b.id"},
    f"{_OPERATION}, bounds text, histogram bigint[], duration_max_s float8, "
    + _typed(OPERATION_COUNTS, OPERATION_SECONDS),
    _JOIN_OPERATION + _JOIN_BOUNDS,
    (*OPERATION_COUNTS, *OPERATION_SECONDS),
    has_histogram=True,
)

CACHES: Final = _upsert(
    "tachograph_cache_period",
    {name: f"r.{name}" for name in ("alias", "command", "family", "result")},
    "alias text, command text, family text, result text, calls bigint",
    "",
    ("calls",),
    has_histogram=False,
)

QUERIES: Final = _upsert(
    "tachograph_query_period",
    {
        "query_id": "q.fingerprint",
        "location_id": "p.id",
        "operation_id": "o.id",
        "nested": "r.nested",
        "bounds_id": "b.id",
    },
    f"fingerprint text, module text, function text, {_OPERATION}, nested boolean, bounds text,"
    " histogram bigint[], duration_max_s float8, " + _typed(QUERY_COUNTS, QUERY_SECONDS),
    f"JOIN tachograph_query q ON q.fingerprint = r.fingerprint {_JOIN_LOCATION} {_JOIN_OPERATION}"
    f" {_JOIN_BOUNDS}",
    (*QUERY_COUNTS, *QUERY_SECONDS),
    has_histogram=True,
)

NAME_OPERATIONS: Final = f"""
INSERT INTO tachograph_operation (kind, name, operation_class)
SELECT r.kind, r.name, r.operation_class FROM jsonb_to_recordset(%s::jsonb) AS r({_OPERATION})
WHERE NOT EXISTS (SELECT FROM tachograph_operation o
                  WHERE (o.kind, o.name, o.operation_class) = (r.kind, r.name, r.operation_class))
ORDER BY 1, 2, 3 ON CONFLICT DO NOTHING"""  # noqa: S608  (our own words)

NAME_BOUNDS: Final = """
INSERT INTO tachograph_bounds (bounds)
SELECT r.bounds FROM jsonb_to_recordset(%s::jsonb) AS r(bounds text)
WHERE NOT EXISTS (SELECT FROM tachograph_bounds b WHERE b.bounds = r.bounds)
ORDER BY 1 ON CONFLICT DO NOTHING"""

# A line that moved is updated: a location is its module and function.
NAME_LOCATIONS: Final = """
INSERT INTO tachograph_location AS kept (module, function, file, line)
SELECT r.module, r.function, r.file, r.line
FROM jsonb_to_recordset(%s::jsonb) AS r(module text, function text, file text, line int)
WHERE NOT EXISTS (SELECT FROM tachograph_location p
                  WHERE (p.module, p.function, p.file, p.line) = (r.module, r.function, r.file, r.line))
ORDER BY 1, 2
ON CONFLICT (module, function) DO UPDATE SET file = excluded.file, line = excluded.line"""

# Parameters: when, the rows, how many statements there may be.
NAME_QUERIES: Final = """
INSERT INTO tachograph_query (fingerprint, sql, kind, alias, tables, first_seen, muted_by)
SELECT r.fingerprint, r.sql, r.kind, r.alias, r.tables, to_timestamp(%s), ''
FROM jsonb_to_recordset(%s::jsonb) AS r(fingerprint text, sql text, kind text, alias text, tables jsonb)
WHERE NOT EXISTS (SELECT FROM tachograph_query q WHERE q.fingerprint = r.fingerprint)
ORDER BY 1 LIMIT greatest(0, %s - (SELECT count(*) FROM tachograph_query))
ON CONFLICT DO NOTHING"""

# The runs of statements that there was no room for.
UNKNOWN_RUNS: Final = """
SELECT coalesce(sum(r.runs), 0)::bigint FROM jsonb_to_recordset(%s::jsonb) AS r(fingerprint text, runs bigint)
WHERE NOT EXISTS (SELECT FROM tachograph_query q WHERE q.fingerprint = r.fingerprint)"""

SAMPLES: Final = f"""
INSERT INTO tachograph_query_sample
  (query_id, location_id, operation_id, at, duration_s, rows, request_id, trace_id)
SELECT q.fingerprint, p.id, o.id, to_timestamp(r.at), r.duration_s, r.rows, r.request_id, r.trace_id
FROM jsonb_to_recordset(%s::jsonb) AS r(fingerprint text, module text, function text, {_OPERATION},
  at float8, duration_s float8, rows bigint, request_id text, trace_id text)
JOIN tachograph_query q ON q.fingerprint = r.fingerprint {_JOIN_LOCATION} {_JOIN_OPERATION}"""  # noqa: S608

TRACES: Final = f"""
INSERT INTO tachograph_trace_sample
  (operation_id, at, duration_s, status, breaches, request_id, trace_id, steps, cut)
SELECT o.id, to_timestamp(r.at), r.duration_s, r.status, r.breaches, r.request_id, r.trace_id, r.steps, r.cut
FROM jsonb_to_recordset(%s::jsonb) AS r({_OPERATION}, at float8, duration_s float8, status text,
  breaches jsonb, request_id text, trace_id text, steps jsonb, cut int)
{_JOIN_OPERATION}"""  # noqa: S608  (our own words)

# An acknowledgement holds until the query is slow again after an hour in which it was not. Parameters: when
# (twice), the rows.
REOPEN: Final = """
UPDATE tachograph_acknowledgement a SET reopened_at = to_timestamp(%s)
FROM (SELECT date_trunc('minute', to_timestamp(%s)) AS start, r.*
      FROM jsonb_to_recordset(%s::jsonb) AS r(fingerprint text, module text, function text, slow bigint)) r,
     tachograph_location p
WHERE r.slow > 0 AND (p.module, p.function) = (r.module, r.function)
  AND a.query_id = r.fingerprint AND a.location_id = p.id
  AND a.reopened_at IS NULL AND a.at <= r.start - interval '1 hour'
  AND NOT EXISTS (
    SELECT FROM tachograph_query_period k
    WHERE k.query_id = a.query_id AND k.location_id = a.location_id AND k.level = 1 AND k.slow > 0
      AND k.start >= r.start - interval '1 hour' AND k.start < r.start)"""

# Held by whoever writes, shared; by whoever removes names that nothing uses, alone.
NAMES_LOCK: Final = 7_301_001

# A batch that stands here is written already. Parameters: NAMES_LOCK, its id.
BEGIN: Final = """
WITH held AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared(%s))
INSERT INTO tachograph_batch (id) SELECT %s::uuid FROM held ON CONFLICT DO NOTHING"""
