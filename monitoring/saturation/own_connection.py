"""A connection of the recorder's own to one of the project's databases: for one reading, then closed.

It goes round Django's connections, so that it is in no operation's figures and in no request's transaction.
Its application_name is `tachograph`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, Final

from django.db import DatabaseError, connections
from django.db.backends.utils import CursorWrapper

APPLICATION_NAME: Final = "tachograph"
CONNECT_TIMEOUT_S: Final = 2  # libpq knows no shorter one


@contextmanager
def own_cursor(alias: str, *, statement_timeout_ms: int) -> Iterator[Any]:
    """A cursor in a transaction that reads only, and is rolled back. PostgreSQL only.

    Raises django.db.DatabaseError, also where the server cannot be reached.
    """
    wrapper: Any = connections.create_connection(alias)
    parameters = wrapper.get_connection_params() | {
        "application_name": APPLICATION_NAME,
        "connect_timeout": CONNECT_TIMEOUT_S,
    }
    with wrapper.wrap_database_errors:
        connection = wrapper.Database.connect(**parameters)
    with closing(connection), closing(connection.cursor()) as plain:
        cursor: Any = CursorWrapper(plain, wrapper)
        cursor.execute("SET TRANSACTION READ ONLY")
        # LOCAL, for a pooler gives the session to somebody else.
        cursor.execute(f"SET LOCAL statement_timeout = {int(statement_timeout_ms)}")
        if role := wrapper.settings_dict["OPTIONS"].get("assume_role"):
            cursor.execute("SELECT set_config('role', %s, true)", [role])
        try:
            yield cursor
        finally:
            with wrapper.wrap_database_errors:
                connection.rollback()


@contextmanager
def savepoint(cursor: Any) -> Iterator[None]:
    """What fails in it leaves the transaction usable; the error goes on."""
    cursor.execute("SAVEPOINT tachograph")
    try:
        yield
    except DatabaseError:
        cursor.execute("ROLLBACK TO SAVEPOINT tachograph")
        raise
    cursor.execute("RELEASE SAVEPOINT tachograph")
