"""What needs somebody, the worst first: promises that were broken, slow statements, N+1s.

What somebody acknowledged or muted is left out, and so are commands of no class of their own (migrate, a
loader): whoever runs one watches it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from monitoring.budgets import budgets

from . import marks, nplusone
from .listing import Asked, listed
from .measures import PROMISES
from .operations import operations
from .shapes import Attention, Broken, NPlusOneFigures, OperationFigures, QueryFigures
from .spans import Span, where, window_spans
from .sql import rows
from .windows import HOUR, Window

__all__ = ["Attention", "attention"]

MOST: Final = 20
# Told by the statement, with its place: see _statements.
_BY_STATEMENT: Final = ("nplusone", "slow_queries")
_SAYS: Final[Mapping[str, str]] = {
    "latency": "95 % of its runs take up to {measured:.0f} ms, {limit:g} ms was promised",
    "errors": "{measured:.1%} of its runs fail, {limit:.1%} was promised",
    "cache": "{measured:.0%} of its look-ups hit, {limit:.0%} was promised",
    "queries": "{runs} runs took more than {limit:g} queries",
    "duplicates": "{runs} runs sent the same query with the same values more than {limit:g} times again",
}
_ADVICE: Final[Mapping[str, str]] = {
    "latency": "Look at its slowest statement and at a trace of a slow run.",
    "errors": "Look for its request ids in the log; a trace shows how far a run came.",
    "cache": "Look at its key families: what is cached is gone or replaced before it is asked for again.",
    "queries": "Take the statement that it runs most often out of its loop, or keep its answer.",
    "duplicates": "Ask once and pass the answer on.",
}


def attention(window: Window, ran: Sequence[OperationFigures] | None = None) -> list[Attention]:
    """At most MOST things. `ran`: all operations of the window, where they are read already."""
    everything = operations(window) if ran is None else ran
    ran = [one for one in everything if not _is_maintenance(one)]
    found = [*_promises(ran, window), *_statements(ran, window)]
    return sorted(found, key=lambda one: (one.level != "error", -one.weight, one.what))[:MOST]


def _is_maintenance(one: OperationFigures) -> bool:
    return one.kind == "command" and one.operation_class == "system"


def _promises(ran: Sequence[OperationFigures], window: Window) -> Iterator[Attention]:
    troubled = [one for one in ran if any(broken.budget not in _BY_STATEMENT for broken in one.broken)]
    if not troubled:
        return
    ids = [one.id for one in troubled]
    since, places = _since(ids, window), _places(ids, window)
    for one in troubled:
        for broken in one.broken:
            if broken.budget not in _BY_STATEMENT:
                place = places.get((one.id, broken.budget), {})
                yield _promise(one, broken, since.get(one.id, {}).get(broken.budget), place)


def _where(file: str, line: int) -> str:
    """File and line; what libraries do on their own has none."""
    return f"{file}:{line}" if line else ""


def _promise(
    one: OperationFigures, broken: Broken, since: datetime | None, place: Mapping[str, Any]
) -> Attention:
    said = _SAYS[broken.budget].format(measured=broken.measured or 0, limit=broken.limit, runs=broken.runs)
    return Attention(
        level=broken.level,
        kind=broken.budget,
        what=f"{one.name}: {said}",
        where=_where(place["file"], place["line"]) if place else "",
        since=since,
        advice=_ADVICE[broken.budget],
        operation_id=one.id,
        operation=one.name,
        fingerprint=place.get("query_id", ""),
        weight=one.now.total_ms,
    )


def _since(ids: Sequence[int], window: Window) -> dict[int, dict[str, datetime]]:
    """Operation -> promise -> the beginning of the first period in which a run broke it."""
    chosen, times = where(window_spans(window, step=HOUR))
    firsts = ", ".join(
        f"min(p.start) FILTER (WHERE p.broke_{promise} > 0) AS {promise}" for promise in PROMISES
    )
    sql = f"""
        SELECT p.operation_id, {firsts} FROM tachograph_operation_period p
        WHERE {chosen} AND p.operation_id = ANY(%s) GROUP BY p.operation_id
    """  # noqa: S608  (PROMISES are ours)
    return {row.pop("operation_id"): row for row in rows(sql, [*times, list(ids)])}


_PLACES: Final = """
SELECT DISTINCT ON (s.operation_id, v.promise) s.operation_id, v.promise, s.query_id, l.file, l.line
FROM (
    SELECT p.operation_id, p.query_id, p.location_id, sum(p.runs) AS runs, sum(p.duplicates) AS duplicates,
           sum(p.duration_s) AS duration_s
    FROM tachograph_query_period p
    WHERE {rows} AND p.operation_id = ANY(%s)
    GROUP BY p.operation_id, p.query_id, p.location_id
) s
CROSS JOIN LATERAL (
    VALUES ('queries', s.runs::float8), ('duplicates', s.duplicates::float8), ('latency', s.duration_s)
) v(promise, weight)
JOIN tachograph_location l ON l.id = s.location_id
WHERE v.weight > 0
ORDER BY s.operation_id, v.promise, v.weight DESC
"""


def _places(ids: Sequence[int], window: Window) -> dict[tuple[int, str], Mapping[str, Any]]:
    """(operation, promise) -> the statement and the line that have the greatest part in it."""
    chosen, times = where(window_spans(window))
    found = rows(_PLACES.format(rows=chosen), [*times, list(ids)])
    return {(row["operation_id"], row["promise"]): row for row in found}


def _statements(ran: Sequence[OperationFigures], window: Window) -> Iterator[Attention]:
    by_name = {one.name: one for one in ran}
    reset = marks.reset_at()
    asked = Asked(state="open", sort="slow", limit=MOST)
    slow = [one for one in listed(window, asked, reset).rows if one.slow]
    slow = [one for one in slow if not by_name.keys().isdisjoint(one.operations)]
    found_open = (one for one in nplusone.found(window, reset) if one.state == "open")
    repeated = [one for one in found_open if one.operation in by_name][:MOST]
    since = _firsts(
        [*(one.fingerprint for one in slow), *(one.fingerprint for one in repeated)],
        window_spans(window, step=HOUR, since=reset),
    )
    for query in slow:
        yield _slow(query, by_name, since.get(query.fingerprint, {}).get("slow"))
    for found in repeated:
        yield _nplusone(found, since.get(found.fingerprint, {}).get("nplusone"))


def _slow(one: QueryFigures, by_name: Mapping[str, OperationFigures], since: datetime | None) -> Attention:
    callers = [by_name[name] for name in one.operations if name in by_name]
    broken = {found.level for caller in callers for found in caller.broken if found.budget == "slow_queries"}
    place = one.places[0] if one.places else None
    return Attention(
        level="error" if "error" in broken else "warn",
        kind="slow_query",
        what=f"{one.slow} of {one.calls} runs of a query on {', '.join(one.tables) or 'no table'} were slow, "
        f"the slowest took {one.max_ms or 0:.0f} ms",
        where=_where(place.file, place.line) if place else "",
        since=since,
        advice="Open the query: its plan says why, and which index would help.",
        operation_id=callers[0].id if callers else None,
        operation=one.operations[0] if one.operations else "",
        fingerprint=one.fingerprint,
        weight=one.total_ms,
    )


def _nplusone(one: NPlusOneFigures, since: datetime | None) -> Attention:
    budget = budgets().resolve(one.operation, one.operation_class)
    return Attention(
        level=budget.level("nplusone") if budget.nplusone_max is not None else "warn",
        kind="nplusone",
        what=f"{one.operation}: one line asks {', '.join(one.tables) or 'the database'} "
        f"{one.per_operation:.0f} times in a run",
        where=_where(one.place.file, one.place.line),
        since=since,
        advice=one.advice,
        operation_id=one.operation_id,
        operation=one.operation,
        fingerprint=one.fingerprint,
        weight=one.total_ms,
    )


def _firsts(fingerprints: Sequence[str], spans: Sequence[Span]) -> dict[str, dict[str, datetime]]:
    """Fingerprint -> slow, nplusone -> the beginning of the first period in which it was so."""
    if not fingerprints:
        return {}
    chosen, times = where(spans)
    sql = f"""
        SELECT p.query_id, min(p.start) FILTER (WHERE p.slow > 0) AS slow,
               min(p.start) FILTER (WHERE p.nplusone > 0) AS nplusone
        FROM tachograph_query_period p WHERE {chosen} AND p.query_id = ANY(%s) GROUP BY p.query_id
    """  # noqa: S608  (only parameters)
    return {row.pop("query_id"): row for row in rows(sql, [*times, list(fingerprints)])}
