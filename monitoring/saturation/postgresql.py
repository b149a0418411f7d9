"""PostgreSQL's connections, by a connection of its own.

That one goes round Django's, so that it is in no operation's figures, and is closed after each reading, so
that it takes none of the server's places in between. Its application_name is `tachograph`.
"""

from __future__ import annotations

from contextlib import closing
from typing import Any, Final

from django.db import DEFAULT_DB_ALIAS, connections
from prometheus_client.core import Metric

from .. import catalog
from .part import family

APPLICATION_NAME: Final = "tachograph"
CONNECT_TIMEOUT_S: Final = 2  # libpq knows no shorter one
STATEMENT_TIMEOUT_MS: Final = 1_000
LONG_RUNNING_S: Final = 1

# Shown at 0 too. Of other roles' connections the state is hidden from all but members of pg_monitor.
STATES: Final = ("active", "idle", "idle in transaction", "idle in transaction (aborted)")
HIDDEN: Final = "unknown"

# The reading's own connection is left out, unless it is a pooler's: that one stays when the reading is over.
_CONNECTIONS: Final = """
SELECT coalesce(state, %s), count(*),
       count(*) FILTER (WHERE state = 'active' AND clock_timestamp() - query_start > %s * interval '1 second')
FROM pg_stat_activity
WHERE datid IS NOT NULL AND usesysid IS NOT NULL
  AND coalesce(backend_type, 'client backend') = 'client backend'
  AND NOT (pid = pg_backend_pid() AND pid = %s)
GROUP BY 1
"""


def _database() -> Any:
    """Django's wrapper, unconnected, of the default database, or else of the first one that is PostgreSQL."""
    for alias in sorted(connections, key=lambda alias: alias != DEFAULT_DB_ALIAS):
        wrapper = connections.create_connection(alias)
        if wrapper.vendor == "postgresql":
            return wrapper
    return None


def _connect(wrapper: Any) -> Any:
    parameters = wrapper.get_connection_params() | {
        "application_name": APPLICATION_NAME,
        "connect_timeout": CONNECT_TIMEOUT_S,
    }
    return wrapper.Database.connect(**parameters)


def read() -> list[Metric] | None:
    """The families of tacho_pg_*, or None where no database is PostgreSQL. Raises the driver's errors."""
    wrapper = _database()
    if wrapper is None:
        return None
    with closing(_connect(wrapper)) as connection, closing(connection.cursor()) as cursor:
        # LOCAL, for a pooler gives the session to somebody else.
        cursor.execute(f"SET LOCAL statement_timeout = {STATEMENT_TIMEOUT_MS}")
        cursor.execute("SELECT current_setting('max_connections')::int")
        (most,) = cursor.fetchone()
        cursor.execute(_CONNECTIONS, (HIDDEN, LONG_RUNNING_S, connection.info.backend_pid))
        rows = cursor.fetchall()
        connection.commit()
    by_state = {(state,): 0.0 for state in STATES} | {(state,): number for state, number, _ in rows}
    return [
        family(catalog.PG_CONNECTIONS, by_state),
        family(catalog.PG_MAX_CONNECTIONS, {(): most}),
        family(catalog.PG_LONG_RUNNING, {(): sum(running for _, _, running in rows)}),
    ]
