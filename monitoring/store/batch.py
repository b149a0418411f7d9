"""What is written at once: the figures of one minute, in rows that one transaction adds to the tables."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from json import dumps
from typing import Any, Final
from uuid import uuid4

Row = dict[str, Any]

MAX_NAME: Final = 500

# The columns that add up, as the tables have them.
OPERATION_COUNTS: Final = (
    "runs", "errors", "cpu_runs", "queries", "slow_queries", "duplicates", "nplusone", "cache_hits",
    "cache_misses", "broke_latency", "broke_errors", "broke_queries", "broke_duplicates", "broke_nplusone",
    "broke_slow_queries", "broke_cache",
)  # fmt: skip
OPERATION_SECONDS: Final = ("duration_s", "database_s", "cpu_s")
QUERY_COUNTS: Final = ("runs", "rows", "slow", "duplicates", "nplusone", "nplusone_runs")
QUERY_SECONDS: Final = ("duration_s",)


def new_id() -> str:
    """A name for a batch, by which a second sending is known."""
    return str(uuid4())


@dataclass(slots=True)
class Batch:
    """Rows of figures, all of the minute that `at` (epoch seconds) is in, and of what happened in it.

    operations: kind, name, operation_class, bounds, histogram, duration_max_s, OPERATION_COUNTS and _SECONDS.
    caches: alias, command, family, result, calls.
    queries: fingerprint, module, function, kind, name, operation_class, nested, bounds, histogram,
        duration_max_s, QUERY_COUNTS and _SECONDS.
    statements: fingerprint, sql, kind, alias, tables; locations: module, function, file, line.
    samples and traces: as the tables have them, with names in place of keys; `at` in epoch seconds.
    """

    at: float
    id: str = field(default_factory=new_id)
    operations: list[Row] = field(default_factory=list)
    caches: list[Row] = field(default_factory=list)
    queries: list[Row] = field(default_factory=list)
    statements: list[Row] = field(default_factory=list)
    locations: list[Row] = field(default_factory=list)
    samples: list[Row] = field(default_factory=list)
    traces: list[Row] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Plain, as `Batch(**plain)` takes it."""
        return asdict(self)

    def named_operations(self) -> list[Row]:
        """The operations that any row speaks of, each once."""
        keys = ("kind", "name", "operation_class")
        rows = (*self.operations, *self.queries, *self.samples, *self.traces)
        named = {tuple(row[key] for key in keys) for row in rows}
        return [dict(zip(keys, found, strict=True)) for found in named]

    def named_bounds(self) -> list[Row]:
        """The bounds that any row speaks of, each once."""
        return [{"bounds": found} for found in {row["bounds"] for row in (*self.operations, *self.queries)}]


def as_json(rows: list[Row]) -> str:
    """What jsonb_to_recordset reads."""
    return dumps(rows, separators=(",", ":"))


def clean(text: str, most: int = MAX_NAME) -> str:
    """`text` as PostgreSQL takes it: no NUL, no half a character, `most` characters."""
    if len(text) > most:
        text = text[:most]
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def bounds_text(bounds: tuple[float, ...]) -> str:
    """The bounds of a histogram as the table Bounds has them."""
    return ",".join(f"{bound:g}" for bound in bounds)
