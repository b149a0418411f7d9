"""PostgreSQL's connections, by a connection of its own that takes none of the server's places in between."""

from __future__ import annotations

from typing import Final

from django.db import DEFAULT_DB_ALIAS, connections
from prometheus_client.core import Metric

from .. import catalog
from .own_connection import own_cursor
from .part import family

STATEMENT_TIMEOUT_MS: Final = 1_000
LONG_RUNNING_S: Final = 1

# Shown at 0 too. Of other roles' connections the state is hidden from all but members of pg_monitor.
STATES: Final = ("active", "idle", "idle in transaction", "idle in transaction (aborted)")
HIDDEN: Final = "unknown"

# Rows of pg_stat_activity that are a client's. The reading's own connection is left out, by its pid, unless
# it is a pooler's: that one stays when the reading is over.
CLIENTS: Final = """
    datid IS NOT NULL AND usesysid IS NOT NULL
    AND coalesce(backend_type, 'client backend') = 'client backend'
    AND NOT (pid = pg_backend_pid() AND pid = %s)
"""
_CONNECTIONS: Final = f"""
SELECT coalesce(state, %s), count(*),
       count(*) FILTER (WHERE state = 'active' AND clock_timestamp() - query_start > %s * interval '1 second')
FROM pg_stat_activity
WHERE {CLIENTS}
GROUP BY 1
"""  # noqa: S608  (no value in it)


def _alias() -> str | None:
    """The default database, or else the first one that is PostgreSQL."""
    aliases = sorted(connections, key=lambda alias: alias != DEFAULT_DB_ALIAS)
    return next((alias for alias in aliases if connections[alias].vendor == "postgresql"), None)


def read() -> list[Metric] | None:
    """The families of tacho_pg_*, or None where no database is PostgreSQL. Raises django.db.DatabaseError."""
    alias = _alias()
    if alias is None:
        return None
    with own_cursor(alias, statement_timeout_ms=STATEMENT_TIMEOUT_MS) as cursor:
        cursor.execute("SELECT current_setting('max_connections')::int")
        (most,) = cursor.fetchone()
        cursor.execute(_CONNECTIONS, (HIDDEN, LONG_RUNNING_S, cursor.connection.info.backend_pid))
        rows = cursor.fetchall()
    by_state = {(state,): 0.0 for state in STATES} | {(state,): number for state, number, _ in rows}
    return [
        family(catalog.PG_CONNECTIONS, by_state),
        family(catalog.PG_MAX_CONNECTIONS, {(): most}),
        family(catalog.PG_LONG_RUNNING, {(): sum(running for _, _, running in rows)}),
    ]
