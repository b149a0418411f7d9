"""What the server knows of the tables of a plan: their size, their statistics, their indexes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from .tree import Node

_TABLES: Final = """
SELECT n.nspname, c.relname, c.oid, quote_ident(c.relname), quote_ident(n.nspname),
       pg_table_is_visible(c.oid), c.reltuples, coalesce(s.n_mod_since_analyze, 0)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid
WHERE (n.nspname, c.relname) IN (SELECT * FROM unnest(%s::name[], %s::name[]))
"""
_COLUMNS: Final = """
SELECT a.attrelid, quote_ident(a.attname), format_type(a.atttypid, NULL), coalesce(s.n_distinct, 0)
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname
  AND NOT s.inherited
WHERE a.attrelid = ANY(%s) AND a.attnum > 0 AND NOT a.attisdropped
"""
# A key's first bit of indoption says DESC. An operator class that is not its type's default orders otherwise.
_INDEXES: Final = """
SELECT i.indrelid, c.relname, m.amname, i.indisvalid, i.indisunique,
       coalesce(pg_get_expr(i.indpred, i.indrelid), ''),
       array(SELECT pg_get_indexdef(i.indexrelid, k, false)
             FROM generate_series(1, i.indnkeyatts) AS k ORDER BY k),
       array(SELECT o.opcdefault FROM unnest(i.indclass::oid[]) WITH ORDINALITY AS u(oid, k)
             JOIN pg_opclass o ON o.oid = u.oid ORDER BY u.k),
       array(SELECT option FROM unnest(i.indoption::int[]) AS option)
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_am m ON m.oid = c.relam
WHERE i.indrelid = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Index:
    """An index. `keys` are its columns or expressions as SQL; `predicate` is that of a partial one."""

    name: str
    method: str
    is_valid: bool
    is_unique: bool
    predicate: str
    keys: tuple[str, ...]
    default_order: tuple[bool, ...]
    options: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """`distinct`: how many values there are, as ANALYZE found; 0 where it did not look."""

    type: str
    distinct: float


@dataclass(slots=True)
class Table:
    """A table or materialised view. `name` and `sql_name` are without and with quotes where SQL needs them.

    `rows` is what ANALYZE or VACUUM counted; -1 where neither ran. `changed`: rows changed since ANALYZE.
    """

    schema: str
    name: str
    sql_name: str
    rows: float
    changed: int
    columns: dict[str, Column] = field(default_factory=dict)
    indexes: list[Index] = field(default_factory=list)


Tables = dict[tuple[str, str], Table]


def read(cursor: Any, nodes: Iterable[Node]) -> Tables:
    """The tables that `nodes` read, by schema and name: three queries, however many there are."""
    names = sorted({(node.schema, node.relation) for node in nodes if node.relation})
    cursor.execute(_TABLES, [[schema for schema, _ in names], [name for _, name in names]])
    tables: Tables = {}
    by_oid: dict[int, Table] = {}
    for schema, name, oid, sql_name, sql_schema, is_visible, rows, changed in cursor.fetchall():
        qualified = sql_name if is_visible else f"{sql_schema}.{sql_name}"
        by_oid[oid] = tables[schema, name] = Table(schema, name, qualified, rows, changed)
    cursor.execute(_COLUMNS, [list(by_oid)])
    for oid, column, kind, distinct in cursor.fetchall():
        table = by_oid[oid]
        number = -distinct * max(table.rows, 0) if distinct < 0 else distinct
        table.columns[column] = Column(kind, number)
    cursor.execute(_INDEXES, [list(by_oid)])
    for oid, name, method, is_valid, is_unique, predicate, keys, defaults, options in cursor.fetchall():
        by_oid[oid].indexes.append(
            Index(name, method, is_valid, is_unique, predicate, tuple(keys), tuple(defaults), tuple(options))
        )
    return tables
