"""What statements cost in a window, where they come from, and what state each is in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from monitoring.errors import ReportError

from . import marks
from .histograms import EMPTY, Histogram
from .shapes import Page, Place, QueryFigures, QueryTotals
from .spans import Span, where, window_spans
from .sql import QUERIES, Choice, percentile_ms, rows, summed
from .statements_sql import PAGE
from .windows import Window

# A list shows the beginning of a statement; its own page has it whole.
SQL_CHARS: Final = 2_000
STATES: Final = ("open", "acknowledged", "muted")
_ORDERS: Final[Mapping[str, str]] = {
    "total": "total_ms DESC",
    "calls": "calls DESC",
    "mean": "mean_ms DESC",
    "max": "max_ms DESC",
    "slow": "slow DESC, total_ms DESC",
    "nplusone": "nplusone_runs DESC, total_ms DESC",
    "rows": "rows DESC",
    # Ranked by their histograms, afterwards.
    "p95": "total_ms DESC",
}
SORTS: Final = tuple(_ORDERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which statements of a window, and in what order.

    `operation` is a name, `operation_id` one operation; `min_ms`: whose slowest run took so long; `search`:
    a part of the SQL, or a whole fingerprint. Raises ReportError for a sort or a state that there is not.
    """

    operation: str = ""
    operation_id: int | None = None
    min_ms: float = 0
    sort: str = "total"
    search: str = ""
    state: str = ""
    fingerprints: Sequence[str] | None = None
    page: int = 1
    limit: int = 50

    def __post_init__(self) -> None:
        _check("sort", self.sort, SORTS)
        _check("state", self.state, ("", *STATES))

    @property
    def rows(self) -> tuple[str, list[Any]]:
        """The condition on rows of the table: an operation's own, or those that no other row counts again."""
        condition, params = "NOT p.nested", list[Any]()
        if self.operation_id is not None:
            condition, params = "p.operation_id = %s", [self.operation_id]
        elif self.operation:
            condition = "p.operation_id IN (SELECT id FROM tachograph_operation WHERE name = %s)"
            params = [self.operation]
        if self.fingerprints is None:
            return condition, params
        return f"{condition} AND p.query_id = ANY(%s)", [*params, list(self.fingerprints)]

    @property
    def filters(self) -> tuple[str, list[Any]]:
        """The condition on what a statement sums up to."""
        filters, values = ["max_ms >= %s"], list[Any]([self.min_ms])
        if self.search:
            filters.append("(position(lower(%s) IN lower(sql)) > 0 OR fingerprint = %s)")
            values += [self.search, self.search]
        if self.state:
            filters.append("state = %s")
            values.append(self.state)
        return " AND ".join(filters), values


def queries(window: Window, **asked: Any) -> Page[QueryFigures]:
    """The statements of the window that were asked for: keywords as Asked has them.

    A page beyond the last is empty. Raises ReportError as Asked does.
    """
    wanted = Asked(**asked)
    return listed(window, wanted, marks.reset_at())


def listed(window: Window, asked: Asked, since: datetime | None) -> Page[QueryFigures]:
    """`queries`, with nothing counted from before `since`."""
    chosen = _Rows(window_spans(window, since=since), *asked.rows)
    found = _page(chosen, asked)
    shown = [row for row in found if row["fingerprint"] is not None]
    histograms = _histograms(shown, chosen)
    if asked.sort == "p95":
        shown.sort(key=lambda row: -(_p95(histograms[row["fingerprint"]], row) or 0))
        shown = shown[(asked.page - 1) * asked.limit :][: asked.limit]
    origins = _origins(shown, chosen)
    figures = [_figures(row, histograms[row["fingerprint"]], origins, found[0]["all_ms"]) for row in shown]
    return Page(figures, asked.page, asked.limit, found[0]["all_fingerprints"], _totals(found[0]))


def _p95(histogram: Histogram, row: Mapping[str, Any]) -> float | None:
    return percentile_ms(histogram, 0.95, (row["max_ms"] or 0.0) / 1e3)


def _check(name: str, given: str, known: Sequence[str]) -> None:
    if given not in known:
        listed = ", ".join(filter(None, known))
        raise ReportError(name, f"There is no {name} {given!r}: choose one of {listed}.")


class _Rows(NamedTuple):
    """Which rows of the table count."""

    spans: list[Span]
    condition: str
    params: list[Any]

    @property
    def where(self) -> tuple[str, list[Any]]:
        chosen, times = where(self.spans)
        return f"{chosen} AND {self.condition}", [*times, *self.params]


def _page(chosen: _Rows, asked: Asked) -> list[dict[str, Any]]:
    """The rows of the page, or of all pages where they are ranked by what the database does not know."""
    condition, params = chosen.where
    filters, values = asked.filters
    cut = [None, 0] if asked.sort == "p95" else [asked.limit, (asked.page - 1) * asked.limit]
    sql = PAGE.format(rows=condition, filters=filters, order=_ORDERS[asked.sort])
    return rows(sql, [*params, *values, SQL_CHARS, *cut])


def _histograms(shown: Sequence[Mapping[str, Any]], chosen: _Rows) -> dict[str, Histogram]:
    prints = [row["fingerprint"] for row in shown]
    if not prints:
        return {}
    condition = f"{chosen.condition} AND p.query_id = ANY(%s)"
    found = summed(Choice(QUERIES, ["p.query_id"], chosen.spans, condition, [*chosen.params, prints]), ())
    return {one: found[(one,)].histogram if (one,) in found else EMPTY for one in prints}


_NOWHERE: Final[Mapping[str, Any]] = {"operations": [], "places": "[]", "advice": None}
READ_ADVICE: Final = (
    "Fetch them all at once: select_related or prefetch_related where rows are followed, one query with "
    "__in where they are looked up."
)
WRITE_ADVICE: Final = "Write them all at once: bulk_create, bulk_update, or one update() of a queryset."
_ORIGINS: Final = """
SELECT s.query_id, array_agg(DISTINCT o.name) AS operations,
       jsonb_agg(DISTINCT jsonb_build_array(l.module, l.function, l.file, l.line, l.id)) AS places,
       (SELECT t.advice FROM tachograph_plan t WHERE t.query_id = s.query_id
        ORDER BY t.at DESC, t.id DESC LIMIT 1) AS advice
FROM (
    SELECT DISTINCT p.query_id, p.location_id, p.operation_id FROM tachograph_query_period p
    WHERE {rows} AND p.query_id = ANY(%s)
) s
JOIN tachograph_operation o ON o.id = s.operation_id
JOIN tachograph_location l ON l.id = s.location_id
GROUP BY s.query_id
"""


def _origins(shown: Sequence[Mapping[str, Any]], chosen: _Rows) -> dict[str, Mapping[str, Any]]:
    """Fingerprint -> the names of its operations and its places."""
    prints = [row["fingerprint"] for row in shown]
    if not prints:
        return {}
    condition, params = chosen.where
    found = rows(_ORIGINS.format(rows=condition), [*params, prints])
    return {row["query_id"]: row for row in found}


def _figures(
    row: Mapping[str, Any], histogram: Histogram, origins: Mapping[str, Mapping[str, Any]], all_ms: float
) -> QueryFigures:
    origin = origins.get(row["fingerprint"], _NOWHERE)
    longest_s = (row["max_ms"] or 0.0) / 1e3
    return QueryFigures(
        fingerprint=row["fingerprint"],
        sql=row["sql"],
        sql_chars=row["sql_chars"],
        kind=row["kind"],
        alias=row["alias"],
        tables=tuple(json.loads(row["tables"])),
        calls=row["calls"],
        total_ms=row["total_ms"],
        mean_ms=row["mean_ms"],
        p50_ms=percentile_ms(histogram, 0.50, longest_s),
        p95_ms=percentile_ms(histogram, 0.95, longest_s),
        p99_ms=percentile_ms(histogram, 0.99, longest_s),
        max_ms=row["max_ms"],
        slow=row["slow"],
        rows=row["rows"],
        duplicates=row["duplicates"],
        nplusone=row["nplusone"],
        nplusone_runs=row["nplusone_runs"],
        share=row["total_ms"] / all_ms if all_ms else None,
        operations=tuple(origin["operations"]),
        places=tuple(Place(*place) for place in json.loads(origin["places"])),
        state=row["state"],
        first_seen=row["first_seen"],
        advice=tuple(_advice(row, json.loads(origin["advice"] or "[]"))),
    )


def _advice(row: Mapping[str, Any], indexes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The indexes that its last plan asks for, and what its N+1 asks for."""
    yield from (str(one["statement"]) for one in indexes)
    if row["nplusone"]:
        yield WRITE_ADVICE if row["kind"] == "write" else READ_ADVICE


def _totals(row: Mapping[str, Any]) -> QueryTotals:
    calls, total_ms = row["all_calls"], row["all_ms"]
    return QueryTotals(
        row["all_fingerprints"], calls, total_ms, total_ms / calls if calls else None, row["all_max_ms"],
        row["all_slow"], row["all_nplusone"],
    )  # fmt: skip
