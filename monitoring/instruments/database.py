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
from ..origin import Place
from ..parameters import PLAIN as _PLAIN
from ..parameters import parameters_hash
from ..record import MAX_SLOW, MAX_STATEMENTS, MAX_STEPS, DatabaseCost, Operation, SlowQuery, _current
from ..runs import Run, StatementRuns
from ..statements import Statement, known, statement

BOUNDS_NS: Final = [round(bound * 1e9) for bound in QUERY_DURATION.bounds]

# From `find` up: what accounts here, record_query, and two frames of Django's cursor. The next is who asked.
CALLER: Final = 6


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


def _account(  # noqa: C901, PLR0912, PLR0917  (runs for each query: few calls count for more than few lines)
    sql: Any, params: Any, context: dict[str, Any], start: int, ns: int, error: str = ""
) -> None:
    cursor = context["cursor"].cursor
    if type(sql) is not str:
        sql = _as_text(sql, cursor)
    found = known.get(sql) or statement(sql)
    alias = context["connection"].alias
    rows = cursor.rowcount
    if type(rows) is not int:  # the driver does not say
        rows = -1
    operation = _current.get()
    if operation is None or operation.finished:
        _account_unattributed(alias, found, ns, rows)
        return
    cost = operation.databases.get(alias) or operation.database(alias)
    operation.db_ns += ns
    if found.kind == "plumbing":
        cost.plumbing += 1
        operation.plumbing += 1
        return
    operation.queries += 1
    bucket = bisect_left(BOUNDS_NS, ns)
    cost.buckets[bucket] += 1
    cost.ns += ns
    if rows > 0:
        cost.rows += rows
    if error:
        cost.errors[error] = cost.errors.get(error, 0) + 1
    # What most statements have, without a call: parameters_hash says why -1 is apart.
    if type(params) is tuple and _PLAIN.issuperset(map(type, params)) and -1 not in params:
        parameters = hash((sql, params))
    else:
        parameters = parameters_hash(sql, params)
    run: Any = (start, ns, "query", alias, found, rows, parameters, bucket)
    steps = operation.steps
    if steps is not None:
        if len(steps) < MAX_STEPS:
            steps.append(run)
        else:
            operation.steps_cut += 1
    statements = operation._statements  # noqa: SLF001
    fingerprint = found.fingerprint
    place: Place | None = None
    runs = statements.get(fingerprint)
    # The walk to the application's line is left out for a first run, whose place is the second's.
    if (
        runs is None
        and not (found.may_be_chunk or found.wants_place)
        and (operation.parent is None or not operation.ran_before(fingerprint))
        and len(statements) < MAX_STATEMENTS
    ):
        statements[fingerprint] = run
    else:
        place = _account_placed(operation, runs, run)
    if ns >= operation.slow_ns:
        _account_slow(operation, cost, run, place or origin.find(CALLER - 1, operation.task)[0])


def _account_placed(operation: Operation, runs: Run | StatementRuns | None, run: Run) -> Place | None:
    """A run whose place is looked for. None: it found no room."""
    found = run[4]
    if not isinstance(runs, StatementRuns):
        statements = operation._statements  # noqa: SLF001
        if runs is None and len(statements) >= MAX_STATEMENTS:
            operation.dropped += 1
            return None
        runs = statements[found.fingerprint] = StatementRuns(found, runs)
    place, bulk = origin.find(CALLER, operation.task)
    found.wants_place = False
    if not runs.add(run, place, bulk):
        operation.dropped += 1
    return place


def _account_slow(operation: Operation, cost: DatabaseCost, run: Run, place: Place) -> None:
    cost.slow += 1
    runs = operation._statements.get(run[4].fingerprint)  # noqa: SLF001
    if runs is not None:
        if not isinstance(runs, StatementRuns):
            runs = operation._statements[run[4].fingerprint] = StatementRuns(run[4], runs)  # noqa: SLF001
        runs.at(place).slow += 1
    if len(operation.slow_queries) < MAX_SLOW:
        operation.slow_queries.append(SlowQuery(run[4], place, run[1], run[5], run[3]))


def _account_unattributed(alias: str, found: Statement, ns: int, rows: int) -> None:
    if found.kind == "plumbing":
        totals.add_plumbing(alias)
    else:
        totals.add_unattributed_query(alias, bisect_left(BOUNDS_NS, ns), ns, rows)


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
    operation.database(alias).transactions += 1
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
