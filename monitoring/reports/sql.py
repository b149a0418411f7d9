"""Reading the store: the rows of a statement, and the figures of periods summed by the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connections, router, transaction

from monitoring import catalog
from monitoring.store.models import Query

from .histograms import EMPTY, Histogram, bounds_of, merged
from .spans import Span, where

Key = tuple[Any, ...]
OPERATIONS: Final = "tachograph_operation_period"
QUERIES: Final = "tachograph_query_period"

# The planner takes level and start for independent and expects five times the rows that there are: it would
# read the whole table, or compile what takes less time than the compiler.
_PLANNING: Final = """
SELECT set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true),
       set_config('work_mem', '32MB', true)
"""


def rows(sql: str, params: Sequence[Any] = ()) -> list[dict[str, Any]]:
    """The rows of a statement, by column. Raises django.db.Error when the store's database is not there."""
    alias = router.db_for_read(Query)
    with transaction.atomic(using=alias, savepoint=False), connections[alias].cursor() as cursor:
        cursor.execute(_PLANNING)
        cursor.execute(sql, params)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums of the columns that were asked for (of one that ends in `max_s` the greatest), and a histogram."""

    values: Mapping[str, float]
    histogram: Histogram = EMPTY

    def __getitem__(self, column: str) -> float:
        return self.values[column]

    def whole(self, column: str) -> int:
        """The sum of a column of whole numbers."""
        return int(self.values[column])

    def ms(self, column: str) -> float:
        """The sum of a column of seconds."""
        return self.values[column] * 1e3

    def percentile_ms(self, share: float) -> float | None:
        """As Histogram.percentile, which the longest run bounds where it was asked for."""
        return percentile_ms(self.histogram, share, self.values.get("duration_max_s", 0.0))


def percentile_ms(histogram: Histogram, share: float, longest_s: float) -> float | None:
    """Histogram.percentile in milliseconds."""
    seconds = histogram.percentile(share, longest_s)
    return None if seconds is None else seconds * 1e3


def total(columns: Sequence[str], parts: Iterable[Sums]) -> Sums:
    """The sum of sums; zeros for none."""
    found = list(parts)
    values = {
        column: max((one[column] for one in found), default=0)
        if _is_greatest(column)
        else sum(one[column] for one in found)
        for column in columns
    }
    return Sums(values, merged(one.histogram for one in found))


def _is_greatest(column: str) -> bool:
    return column.endswith("max_s")


@dataclass(frozen=True, slots=True)
class Choice:
    """Rows of a table of periods, and what to group them by: expressions over `p`, the table."""

    table: str
    keys: Sequence[str]
    spans: Sequence[Span]
    condition: str = "true"
    params: Sequence[Any] = ()
    key_params: Sequence[Any] = ()


def summed(choice: Choice, columns: Sequence[str], width: int = 0) -> dict[Key, Sums]:
    """Key -> the sums of its rows; histograms, of up to `width` elements, are summed element by element."""
    width = width or len(_bounds(choice.table)) + 1
    chosen, times = where(choice.spans)
    found = rows(_statement(choice, columns, width, chosen), [*choice.key_params, *times, *choice.params])
    by_key: dict[Key, list[Sums]] = {}
    for row in found:
        bounds = bounds_of(row["bounds"])
        if len(bounds) >= width:  # of an older budgets.toml, with more objectives than today's
            return summed(choice, columns, len(bounds) + 1)
        histogram = Histogram(bounds, tuple(row["counts"][: len(bounds) + 1]))
        key = tuple(row[f"k{at}"] for at in range(len(choice.keys)))
        by_key.setdefault(key, []).append(Sums({column: row[column] for column in columns}, histogram))
    return {key: parts[0] if len(parts) == 1 else total(columns, parts) for key, parts in by_key.items()}


def _bounds(table: str) -> tuple[float, ...]:
    """Those that the recorder gives the table's histograms today."""
    return catalog.QUERY_BOUNDS if table == QUERIES else catalog.operation_duration().bounds


def _statement(choice: Choice, columns: Sequence[str], width: int, chosen: str) -> str:
    keys = [f"k{at}" for at in range(len(choice.keys))]
    selected = [f"{expression} AS {name}" for name, expression in zip(keys, choice.keys, strict=True)]
    selected += [
        f"{'max' if _is_greatest(column) else 'sum'}(p.{column})::float8 AS {column}" for column in columns
    ]
    elements = ", ".join(f"coalesce(sum(p.histogram[{at}]), 0)::float8" for at in range(1, width + 1))
    return f"""
        SELECT s.*, b.bounds FROM (
            SELECT {", ".join(selected)}, p.bounds_id, ARRAY[{elements}] AS counts
            FROM {choice.table} p
            WHERE {chosen} AND {choice.condition}
            GROUP BY {", ".join([*keys, "p.bounds_id"])}
        ) s JOIN tachograph_bounds b ON b.id = s.bounds_id
    """  # noqa: S608  (columns and keys are ours, all values are parameters)


def step_of(step_s: float) -> str:
    """The beginning of the step of a chart that a row lies in, as an expression over `p`."""
    return f"date_bin(interval '{int(step_s)} seconds', p.start, timestamptz '2000-01-01 00:00+00')"
