"""The store's own connection: round Django's, so that it is in no figure, no pool, no request's transaction.

Kept between two flushes, and opened again when it is lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from typing import Any, Final

from django.db import DatabaseError, InterfaceError, OperationalError, connections
from django.db.backends.utils import CursorWrapper

from ..conf import conf

APPLICATION_NAME: Final = "tachograph-store"
CONNECT_TIMEOUT_S: Final = 2  # libpq knows no shorter one
TCP_TIMEOUT_MS: Final = 10_000  # of a server that vanished nothing else is heard
STATEMENT_TIMEOUT_MS: Final = 10_000
LOCK_TIMEOUT_MS: Final = 5_000


class Failure(Enum):
    """Why nothing could be written: what to do with what should have been."""

    DOWN = "the database cannot be reached"
    NOT_MIGRATED = "its tables are not there, or not those of this version: run `manage.py migrate`"
    REFUSED = "the database refused it"


_UNDEFINED: Final = ("42P01", "42703", "3F000", "42P10")
# Connections, resources, the operator, conflicts with others: all pass.
_PASSING: Final = ("08", "40", "53", "55", "57P", "58", "3D")


def failure_of(error: Exception) -> Failure:
    """What kind of failure an exception of the database is."""
    state: str | None = getattr(error.__cause__, "sqlstate", None) or getattr(error.__cause__, "pgcode", None)
    if state in _UNDEFINED:
        return Failure.NOT_MIGRATED
    if state is None:
        return Failure.DOWN if isinstance(error, OperationalError | InterfaceError) else Failure.REFUSED
    return Failure.DOWN if state.startswith(_PASSING) else Failure.REFUSED


def is_possible() -> bool:
    """Whether the store's database is one that it can use: PostgreSQL."""
    alias = conf().STORE_ALIAS
    return alias in connections and connections[alias].vendor == "postgresql"


class Connection:
    """One connection of one thread at a time to the database that STORE_ALIAS names."""

    def __init__(self) -> None:
        self._wrapper: Any = None
        self._connection: Any = None

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """A cursor; what it did is committed at the end, or undone by an exception.

        Raises django.db.DatabaseError. After one the next transaction is on a new connection; whether this
        one was committed is not known.
        """
        connection = self._open()
        try:
            with self._wrapper.wrap_database_errors:
                with connection.cursor() as plain:
                    cursor: Any = CursorWrapper(plain, self._wrapper)
                    self._limit(cursor)
                    yield cursor
                connection.commit()
        except BaseException:
            self.close()
            raise

    def _open(self) -> Any:
        if self._connection is None:
            self._wrapper = connections.create_connection(conf().STORE_ALIAS)
            parameters = self._wrapper.get_connection_params() | {
                "application_name": APPLICATION_NAME,
                "connect_timeout": CONNECT_TIMEOUT_S,
                "tcp_user_timeout": TCP_TIMEOUT_MS,
            }
            with self._wrapper.wrap_database_errors:
                self._connection = self._wrapper.Database.connect(**parameters)
        return self._connection

    def _limit(self, cursor: Any) -> None:
        """For this transaction only: a pooler gives the session to somebody else."""
        cursor.execute(
            "SELECT set_config('statement_timeout', %s, true), set_config('lock_timeout', %s, true)",
            [str(STATEMENT_TIMEOUT_MS), str(LOCK_TIMEOUT_MS)],
        )
        if role := self._wrapper.settings_dict["OPTIONS"].get("assume_role"):
            cursor.execute("SELECT set_config('role', %s, true)", [role])

    def close(self) -> None:
        """Let go of the connection; the next transaction opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(DatabaseError, *_driver_errors(self._wrapper)):
                connection.close()


def _driver_errors(wrapper: Any) -> tuple[type[Exception], ...]:
    return (wrapper.Database.Error,)
