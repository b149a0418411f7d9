"""Queries: one permanent function in each connection's `execute_wrappers`."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from time import perf_counter_ns
from typing import Any, Final

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from .. import faults, origin, switch, totals
from ..catalog import QUERY_DURATION
from ..parameters import parameters_hash
from ..record import (
    MAX_HASHES,
    MAX_SLOW,
    MAX_STATEMENTS,
    MAX_STEPS,
    DatabaseCost,
    Operation,
    SlowQuery,
    StatementRuns,
    _current,
)  # fmt: skip
from ..statements import Statement, statement

BOUNDS_NS: Final = [round(bound * 1e9) for bound in QUERY_DURATION.bounds]


def record_query(
    execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """The execute wrapper: runs the statement and adds what it cost to the operation it belongs to."""
    if not switch.on:
        return execute(sql, params, many, context)
    start = perf_counter_ns()
    try:
        result = execute(sql, params, many, context)
    except BaseException as error:
        with faults.internal("database"):
            _account(sql, params, context, start, perf_counter_ns() - start, type(error).__name__)
        raise
    ns = perf_counter_ns() - start
    try:
        _account(sql, params, context, start, ns)
    except Exception as fault:  # noqa: BLE001  (the user's result stands, whatever happened to its record)
        faults.caught(fault, "database")
    return result


def _account(  # noqa: C901, PLR0917  (runs for each query: few calls count for more than few lines)
    sql: Any, params: Any, context: dict[str, Any], start: int, ns: int, error: str = ""
) -> None:
    cursor, alias = context["cursor"].cursor, context["connection"].alias
    if type(sql) is not str:
        sql = _as_text(sql, cursor)
    found = statement(sql)
    operation = _current.get()
    if operation is None or operation.finished:
        _account_unattributed(alias, found, ns, _rows(cursor))
        return
    cost = operation.databases.get(alias) or _cost(operation, alias)
    operation.db_ns += ns
    if found.kind == "plumbing":
        cost.plumbing += 1
        operation.plumbing += 1
        return
    cost.queries += 1
    cost.ns += ns
    if error:
        cost.errors[error] = cost.errors.get(error, 0) + 1
    if found.kind == "read":
        cost.reads += 1
    cost.buckets[bisect_left(BOUNDS_NS, ns)] += 1
    operation.queries += 1
    rows = _rows(cursor)
    if rows > 0:
        cost.rows += rows
        operation.rows += rows
    _account_statement(operation, found, parameters_hash(sql, params), ns, rows)
    steps = operation.steps
    if steps is not None:
        if len(steps) < MAX_STEPS:
            steps.append((start, ns, "query", alias, found.sql))
        else:
            operation.steps_cut += 1
    if ns >= operation.slow_ns:
        place, _ = origin.find(3, operation.task)
        _account_slow(operation, cost, SlowQuery(found, place, ns, rows, alias))


def _cost(operation: Operation, alias: str) -> DatabaseCost:
    cost = operation.databases.get(alias)
    if cost is None:
        cost = operation.databases[alias] = DatabaseCost(len(BOUNDS_NS))
    return cost


def _account_statement(operation: Operation, found: Statement, parameters: int, ns: int, rows: int) -> None:
    runs = operation.statements.get(found.fingerprint)
    is_first = runs is None
    if runs is None:
        if len(operation.statements) >= MAX_STATEMENTS:
            operation.dropped += 1
            return
        runs = operation.statements[found.fingerprint] = StatementRuns(found, {parameters})
    elif parameters in runs.hashes:
        runs.duplicates += 1
    elif len(runs.hashes) < MAX_HASHES:
        runs.hashes.add(parameters)
    else:
        operation.dropped += 1
    runs.runs += 1
    runs.ns += ns
    if ns > runs.max_ns:  # noqa: PLR1730  (a call less)
        runs.max_ns = ns
    if rows > 0:
        runs.rows += rows
    # The walk to the application's line is left out for a first run, whose place is the second's.
    if (
        is_first
        and not found.may_be_chunk
        and (operation.parent is None or not operation.ran_before(found.fingerprint))
    ):
        runs.unplaced = parameters
    else:
        place, bulk = origin.find(4, operation.task)
        runs.at(place).add(parameters, bulk)


def _account_slow(operation: Operation, cost: DatabaseCost, slow: SlowQuery) -> None:
    cost.slow += 1
    if len(operation.slow_queries) < MAX_SLOW:
        operation.slow_queries.append(slow)


def _account_unattributed(alias: str, found: Statement, ns: int, rows: int) -> None:
    if found.kind == "plumbing":
        totals.add_plumbing(alias)
    else:
        totals.add_unattributed_query(alias, bisect_left(BOUNDS_NS, ns), ns, rows)


def _rows(cursor: Any) -> int:
    """Rows returned or changed; -1 where the driver does not say."""
    rows = cursor.rowcount
    return rows if type(rows) is int else -1


def _as_text(sql: Any, cursor: Any) -> str:
    """The text of psycopg's composed SQL, or of a lazy string."""
    if isinstance(sql, bytes):
        return sql.decode("utf-8", "replace")
    as_string = getattr(sql, "as_string", None)
    return str(as_string(cursor) if as_string is not None else sql)


def _watch(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Install the wrapper in a connection, outermost, once: it survives reconnects and pools."""
    if record_query not in connection.execute_wrappers:
        connection.execute_wrappers.insert(0, record_query)
        _watch_transactions(connection)


def _watch_transactions(connection: BaseDatabaseWrapper) -> None:
    """Count what ends a transaction. Django sends COMMIT and ROLLBACK round the wrappers."""
    for name in ("_commit", "_rollback"):
        setattr(connection, name, _counted(connection, getattr(connection, name)))


def _counted(connection: BaseDatabaseWrapper, end: Callable[[], Any]) -> Callable[[], Any]:
    def ended() -> Any:
        start = perf_counter_ns()
        was_open = _in_transaction(connection)
        try:
            return end()
        finally:
            if was_open and switch.on:
                with faults.internal("transaction"):
                    _account_transaction(connection.alias, perf_counter_ns() - start)

    return ended


def _in_transaction(connection: BaseDatabaseWrapper) -> bool:
    """Whether the server has a transaction to end; drivers that do not say are taken to have one."""
    pgconn = getattr(connection.connection, "pgconn", None)
    return connection.connection is not None and (pgconn is None or bool(pgconn.transaction_status))


def _account_transaction(alias: str, ns: int) -> None:
    operation = _current.get()
    if operation is None or operation.finished:
        totals.add_transaction(alias)
        return
    _cost(operation, alias).transactions += 1
    operation.db_ns += ns


def _on_connection_created(connection: BaseDatabaseWrapper, **_: Any) -> None:
    if switch.installed:
        _watch(connection)
        with faults.internal("connection"):
            totals.add_connection(connection.alias)


def install() -> None:
    """Watch every connection that exists or will."""
    connection_created.connect(_on_connection_created, dispatch_uid="tachograph", weak=False)
    for connection in connections.all(initialized_only=True):
        _watch(connection)
