"""Histograms that add up, and percentiles of them as Prometheus' histogram_quantile estimates them.

See https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate


@dataclass(frozen=True, slots=True)
class Histogram:
    """Runs by duration. `bounds` are seconds, ascending; `counts` has one more, for what lies beyond."""

    bounds: tuple[float, ...]
    counts: tuple[float, ...]

    def percentile(self, share: float, longest: float = 0.0) -> float | None:
        """The duration in seconds that `share` of the runs keep; None without a run.

        Linear inside its bucket, the first of which begins at 0; the last bound where it lies beyond it. The
        bucket that the `longest` run is in (seconds, 0: not known) ends with it: no percentile is above it.
        """
        cumulated = list(accumulate(self.counts))
        if not cumulated or cumulated[-1] <= 0:
            return None
        rank = share * cumulated[-1]
        at = bisect_left(cumulated, rank)
        if at >= len(self.bounds):
            return max(self.bounds[-1], longest) if self.bounds else None
        below = cumulated[at - 1] if at else 0.0
        lower = self.bounds[at - 1] if at else 0.0
        if not self.counts[at]:
            return lower
        upper = min(self.bounds[at], longest) if longest > lower else self.bounds[at]
        return lower + (upper - lower) * (rank - below) / self.counts[at]

    def _below(self, bound: float) -> float:
        """How many runs are at or below a bound: linear inside a bucket that it cuts."""
        at = bisect_left(self.bounds, bound)
        before = sum(self.counts[:at])
        if at == len(self.bounds):
            return before
        lower = self.bounds[at - 1] if at else 0.0
        return before + self.counts[at] * (bound - lower) / (self.bounds[at] - lower)


EMPTY = Histogram((), (0.0,))


@lru_cache(maxsize=64)
def bounds_of(text: str) -> tuple[float, ...]:
    """The bounds as the table of that name has them: joined by commas."""
    return tuple(float(bound) for bound in text.split(",") if bound)


def merged(histograms: Iterable[Histogram]) -> Histogram:
    """The sum. Those of other bounds (a budget changed) are cut at the bounds of all."""
    by_bounds: dict[tuple[float, ...], Sequence[float]] = {}
    for one in histograms:
        found = by_bounds.get(one.bounds)
        by_bounds[one.bounds] = (
            one.counts if found is None else [a + b for a, b in zip(found, one.counts, strict=True)]
        )
    parts = [Histogram(bounds, tuple(counts)) for bounds, counts in by_bounds.items() if any(counts)]
    if len(parts) <= 1:
        return parts[0] if parts else EMPTY
    bounds = tuple(sorted({bound for part in parts for bound in part.bounds}))
    cumulated = [sum(part._below(bound) for part in parts) for bound in bounds]  # noqa: SLF001
    total = sum(sum(part.counts) for part in parts)
    ends = [*cumulated, total]
    return Histogram(bounds, tuple(b - a for a, b in zip([0.0, *ends], ends, strict=False)))
