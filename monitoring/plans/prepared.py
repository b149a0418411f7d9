"""A statement prepared on the server, to be planned for values that nobody knows."""

from __future__ import annotations

import re
from typing import Any, Final

from django.db import DatabaseError
from django.db.backends.utils import CursorWrapper

from ..errors import PlanError
from ..saturation.own_connection import savepoint
from .placeholders import Numbered

_NAME: Final = "tachograph_plan"
_UNKNOWN_TYPE: Final = "42P18"
# A parameter of a type that PostgreSQL cannot tell is tried as text, one after the other.
MAX_TRIES: Final = 8


def message(error: DatabaseError) -> str:
    """What the server said, in a line; it never echoes a value, for it was sent none."""
    said = getattr(getattr(error.__cause__, "diag", None), "message_primary", None)
    return str(said or type(error).__name__)


def _sqlstate(error: DatabaseError) -> str | None:
    cause: Any = error.__cause__
    return getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)


def _prepare(cursor: Any, statement: Numbered) -> None:
    types = ["unknown"] * statement.parameters
    for _ in range(MAX_TRIES):
        declared = f" ({', '.join(types)})" if types else ""
        try:
            with savepoint(cursor):
                cursor.execute(f"PREPARE {_NAME}{declared} AS {statement.sql}")
        except DatabaseError as error:
            untyped = re.search(r"\$(\d+)", message(error))
            if _sqlstate(error) != _UNKNOWN_TYPE or untyped is None:
                raise
            types[int(untyped[1]) - 1] = "text"
        else:
            return
    raise PlanError("PostgreSQL cannot tell the types of its parameters: cast them in the query.")


def explain(cursor: Any, statement: Numbered) -> dict[str, Any]:
    """EXPLAIN's JSON for `statement`, with `cursor` in a transaction. It is planned, never run.

    Raises PlanError.
    """
    try:
        _prepare(cursor, statement)
    except DatabaseError as error:
        raise PlanError(
            f"PostgreSQL cannot prepare the stored form of the statement: {message(error)}. Constants and "
            "lists are stored as one placeholder, which does not fit everywhere: explain it by hand."
        ) from error
    try:
        with savepoint(cursor):
            values = f"({', '.join(['NULL'] * statement.parameters)})" if statement.parameters else ""
            cursor.execute(f"EXPLAIN (FORMAT JSON, VERBOSE) EXECUTE {_NAME}{values}")
            (rows,) = cursor.fetchone()
            plan: dict[str, Any] = rows[0]
            return plan
    except DatabaseError as error:
        raise PlanError(f"PostgreSQL gave no plan: {message(error)}. Try again later.") from error
    finally:
        # It would outlive the transaction, and behind a pooler the connection's next user has it.
        cursor.execute(f"DEALLOCATE {_NAME}")


def plan_generically(cursor: CursorWrapper, *, lock_timeout_ms: int) -> None:
    """Plan for unknown values from now on in this transaction, and wait for no lock for long."""
    cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
    cursor.execute(f"SET LOCAL lock_timeout = {int(lock_timeout_ms)}")
