"""A batch is added to the tables: once, however often it is sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from . import statements
from .batch import Batch, as_json

# Statements that the tables take in; the runs of further ones are counted as dropped.
MAX_QUERIES: Final = 10_000


@dataclass(slots=True)
class Written:
    """What a batch came to: rows added by table, and the runs of queries that were left out."""

    rows: dict[str, int] = field(default_factory=dict)
    left_out: int = 0


def write(cursor: Any, batch: Batch) -> Written:
    """Add `batch` within the cursor's transaction, unless it was added before.

    Raises django.db.DatabaseError; the caller rolls back then, and may send the same batch again.
    """
    written = Written()
    cursor.execute(statements.BEGIN, [statements.NAMES_LOCK, batch.id])
    if cursor.rowcount == 0:
        return written
    _names(cursor, batch)
    if batch.queries:
        _queries(cursor, batch, written)
    for table, sql, rows in (
        ("operations", statements.OPERATIONS, batch.operations),
        ("caches", statements.CACHES, batch.caches),
    ):
        if rows:
            cursor.execute(sql, [batch.at, as_json(rows)])
            written.rows[table] = cursor.rowcount
    for table, sql, rows in (
        ("samples", statements.SAMPLES, batch.samples),
        ("traces", statements.TRACES, batch.traces),
    ):
        if rows:
            cursor.execute(sql, [as_json(rows)])
            written.rows[table] = cursor.rowcount
    return written


def _names(cursor: Any, batch: Batch) -> None:
    """What the figures belong to is there before they are."""
    for sql, rows in (
        (statements.NAME_OPERATIONS, batch.named_operations()),
        (statements.NAME_BOUNDS, batch.named_bounds()),
        (statements.NAME_LOCATIONS, batch.locations),
    ):
        if rows:
            cursor.execute(sql, [as_json(rows)])
    if batch.statements:
        cursor.execute(statements.NAME_QUERIES, [batch.at, as_json(batch.statements), MAX_QUERIES])


def _queries(cursor: Any, batch: Batch, written: Written) -> None:
    rows = as_json(batch.queries)
    cursor.execute(statements.REOPEN, [batch.at, batch.at, rows])
    cursor.execute(statements.QUERIES, [batch.at, rows])
    written.rows["queries"] = cursor.rowcount
    cursor.execute(statements.UNKNOWN_RUNS, [rows])
    (written.left_out,) = cursor.fetchone()
