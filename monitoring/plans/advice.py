"""From an index that might help to a line that is ready to be run, checked where hypopg is installed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.db import DatabaseError

from ..errors import PlanError
from ..saturation.own_connection import savepoint
from .candidates import Candidate
from .placeholders import Numbered
from .prepared import explain
from .tables import Table
from .tree import tree

MAX_NAME_BYTES: Final = 63
MAX_CANDIDATES: Final = 6
# An index costs on each write: it must save at least this share of the plan's cost.
WORTHWHILE: Final = 0.2

_SCHEMA: Final = """
SELECT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
WHERE e.extname = 'hypopg'
"""
_TAKEN: Final = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relname = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Advice:
    """What to run. `checked` is "hypopg" (the planner took it, at `cost_after`), or "unchecked"."""

    statement: str
    table: str
    columns: tuple[str, ...]
    reason: str
    checked: str
    cost_before: float
    cost_after: float | None
    note: str = ""


def index_name(table: str, columns: Iterable[str], suffix: str = "") -> str:
    """`<table>_<columns>_idx`, cut to 63 bytes as PostgreSQL cuts its own: the longer part first."""
    parts = [table.encode(), "_".join(columns).encode()]
    room = MAX_NAME_BYTES - len(f"__idx{suffix}")
    while sum(map(len, parts)) > room:
        longest = parts.index(max(parts, key=len))
        parts[longest] = parts[longest][:-1]
    first, second = (part.decode(errors="ignore") for part in parts)
    return f"{first}_{second}_idx{suffix}"


def _words(candidate: Candidate) -> list[str]:
    """The names of its columns: `upper((name)::text)` is `name_upper`."""
    words = []
    for key in candidate.keys:
        function = key.text.partition("(")[0] if key.text != key.column else ""
        column = key.column[1:-1].replace('""', '"') if key.column.startswith('"') else key.column
        words.append(f"{column}_{function}" if function else column)
    return words


def _quoted(name: str) -> str:
    escaped = name.replace('"', '""')
    return name if re.fullmatch(r"[a-z_][a-z0-9_]*", name) else f'"{escaped}"'


def _free_name(cursor: Any, candidate: Candidate) -> str:
    words = _words(candidate)
    names = [index_name(candidate.table.name, words, suffix) for suffix in ("", *map(str, range(1, 10)))]
    cursor.execute(_TAKEN, [candidate.table.schema, names])
    taken = {name for (name,) in cursor.fetchall()}
    return _quoted(next((name for name in names if name not in taken), names[-1]))


def _definition(candidate: Candidate) -> str:
    return f"ON {candidate.table.sql_name} ({', '.join(candidate.columns)})"


class _Checker:
    """Asks the planner, where hypopg is installed, what the statement would cost with an index."""

    def __init__(self, cursor: Any, statement: Numbered) -> None:
        self.cursor = cursor
        self.statement = statement
        cursor.execute(_SCHEMA)
        row = cursor.fetchone()
        self.schema: str | None = row[0] if row else None

    def cost_with(self, candidate: Candidate) -> float | None:
        """The plan's total cost; None if the planner would leave the index alone."""
        try:
            with savepoint(self.cursor):
                create = f"SELECT indexname FROM {self.schema}.hypopg_create_index(%s)"  # noqa: S608  (quoted by the server)
                self.cursor.execute(create, [f"CREATE INDEX {_definition(candidate)}"])
                (name,) = self.cursor.fetchone()
                root = tree(explain(self.cursor, self.statement))
        except (DatabaseError, PlanError):
            return None  # such an index cannot be: of a type that no btree knows
        finally:
            # It would stay with the connection, and behind a pooler with the next user's.
            self.cursor.execute(f"SELECT {self.schema}.hypopg_reset()")
        return root.cost if any(node.index == name for node in root.walk()) else None


def _repair(candidate: Candidate, cost: float) -> tuple[Advice | None, str]:
    """What indexes that are of no use as they are say to it: an advice in its place, or a note."""
    note = ""
    for index in candidate.table.indexes:
        if not candidate.is_covered_by(index):
            continue
        if index.predicate:
            note = f"The partial index {index.name} ({index.predicate}) does not serve this query."
        elif not index.is_valid:
            statement = f"REINDEX INDEX CONCURRENTLY {_in_schema(candidate.table, index.name)};"
            reason = "the index is there, but its making was broken off: it is invalid, and never read"
            return Advice(
                statement, candidate.table.sql_name, candidate.columns, reason, "unchecked", cost, None
            ), ""
    return None, note


def _in_schema(table: Table, name: str) -> str:
    schema, dot, _ = table.sql_name.rpartition(".")
    return f"{schema}{dot}{_quoted(name)}"


def is_there(candidate: Candidate) -> bool:
    """Whether the table has a valid, whole index that leads with the same columns."""
    return any(
        index.is_valid and not index.predicate and candidate.is_covered_by(index)
        for index in candidate.table.indexes
    )


def advise(cursor: Any, statement: Numbered, candidates: Iterable[Candidate], cost: float) -> list[Advice]:
    """At most one advice for each table: the cheapest where it can be checked, else the first that is sure.

    `cost` is the plan's without any of them.
    """
    missing = [candidate for candidate in candidates if not is_there(candidate)]
    distinct = {(id(one.table), one.columns): one for one in reversed(missing)}
    checker = _Checker(cursor, statement)
    best: dict[str, Advice] = {}
    for candidate in list(reversed(distinct.values()))[:MAX_CANDIDATES]:
        advice = _advice(cursor, checker, candidate, cost)
        known = best.get(candidate.table.sql_name)
        if advice is not None and (known is None or _cost(advice) < _cost(known)):
            best[candidate.table.sql_name] = advice
    return list(best.values())


def _cost(advice: Advice) -> float:
    return advice.cost_before if advice.cost_after is None else advice.cost_after


def _advice(cursor: Any, checker: _Checker, candidate: Candidate, cost: float) -> Advice | None:
    repair, note = _repair(candidate, cost)
    if repair is not None:
        return repair
    after = None
    if checker.schema is not None:
        after = checker.cost_with(candidate)
        if after is None or after > (1 - WORTHWHILE) * cost:
            return None
    elif not candidate.is_sure:
        return None
    name = _free_name(cursor, candidate)
    return Advice(
        f"CREATE INDEX CONCURRENTLY {name} {_definition(candidate)};",
        candidate.table.sql_name,
        candidate.columns,
        candidate.reason,
        "unchecked" if after is None else "hypopg",
        cost,
        after,
        note,
    )
