"""What the caches were asked for: by alias, command, key family and operation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from .measures import rate
from .operations import operations
from .shapes import CacheFigures, CachePoint, CacheReport
from .spans import where, window_spans
from .sql import rows, step_of
from .windows import Window

# By command: the family is empty. Look-ups by family count the same calls again.
_CALLS: Final = """
SELECT p.alias, p.command, p.family, p.family <> '' AS by_family, sum(p.calls)::bigint AS calls,
       coalesce(sum(p.calls) FILTER (WHERE p.result = 'hit'), 0)::bigint AS hits,
       coalesce(sum(p.calls) FILTER (WHERE p.result = 'miss'), 0)::bigint AS misses,
       coalesce(sum(p.calls) FILTER (WHERE p.result = 'error'), 0)::bigint AS errors
FROM tachograph_cache_period p WHERE {rows} GROUP BY p.alias, p.command, p.family
"""
_POINTS: Final = """
SELECT {step} AS start, coalesce(sum(p.calls) FILTER (WHERE p.result = 'hit'), 0)::bigint AS hits,
       coalesce(sum(p.calls) FILTER (WHERE p.result = 'miss'), 0)::bigint AS misses
FROM tachograph_cache_period p WHERE {rows} AND p.family = '' GROUP BY 1
"""
_COUNTS: Final = ("calls", "hits", "misses", "errors")


def caches(window: Window) -> CacheReport:
    """The look-ups of a window; what misses most comes first."""
    condition, params = where(window_spans(window))
    found = rows(_CALLS.format(rows=condition), params)
    commands = [row for row in found if not row["by_family"]]
    return CacheReport(
        aliases=_worst_first(_by_alias(commands)),
        commands=_worst_first(_figures(row, row["command"]) for row in commands),
        families=_worst_first(_figures(row, row["family"]) for row in found if row["by_family"]),
        operations=_worst_first(_by_operation(window)),
        points=_points(window),
    )


def _figures(row: Mapping[str, Any], name: str) -> CacheFigures:
    hits, misses = row["hits"], row["misses"]
    return CacheFigures(
        row["alias"], name, row["calls"], hits, misses, row["errors"], rate(hits, hits + misses)
    )


def _by_alias(commands: Iterable[Mapping[str, Any]]) -> list[CacheFigures]:
    sums: dict[str, dict[str, Any]] = {}
    for row in commands:
        found = sums.setdefault(row["alias"], {"alias": row["alias"], **dict.fromkeys(_COUNTS, 0)})
        for column in _COUNTS:
            found[column] += row[column]
    return [_figures(row, "") for row in sums.values()]


def _by_operation(window: Window) -> list[CacheFigures]:
    return [
        CacheFigures(
            alias="",
            name=one.name,
            calls=one.now.cache_hits + one.now.cache_misses,
            hits=one.now.cache_hits,
            misses=one.now.cache_misses,
            errors=0,
            hit_rate=one.now.hit_rate,
            operation_id=one.id,
            limit=one.budget.cache_min_hit_rate,
        )
        for one in operations(window)
        if one.now.hit_rate is not None
    ]


def _worst_first(found: Iterable[CacheFigures]) -> list[CacheFigures]:
    return sorted(found, key=lambda one: (-one.misses, -one.calls, one.alias, one.name))


def _points(window: Window) -> list[CachePoint]:
    condition, params = where(window_spans(window, step=window.step))
    sql = _POINTS.format(step=step_of(window.step.total_seconds()), rows=condition)
    found = {row["start"]: (row["hits"], row["misses"]) for row in rows(sql, params)}
    counted = [(start, *found.get(start, (0, 0))) for start in window.steps]
    return [CachePoint(start, hits, misses, rate(hits, hits + misses)) for start, hits, misses in counted]
