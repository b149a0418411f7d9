"""What a budget is. Read from budgets.toml by `load`, merged for an operation by `resolve`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Level = Literal["warn", "error"]
Number = int | float
# A key's path in budgets.toml: ("operation", 3).
Key = tuple[str | int, ...]

# The key of budgets.toml (section, key) that each limit is read from.
LIMITS: Mapping[tuple[str, str], str] = {
    ("latency", "p95_ms"): "latency_p95_ms",
    ("latency", "p99_ms"): "latency_p99_ms",
    ("errors", "max_rate"): "errors_max_rate",
    ("queries", "max"): "queries_max",
    ("queries", "duplicates"): "duplicates_max",
    ("queries", "nplusone"): "nplusone_max",
    ("queries", "growth"): "queries_growth",
    ("slow_queries", "max"): "slow_queries_max",
    ("cache", "min_hit_rate"): "cache_min_hit_rate",
    ("cache", "growth"): "cache_growth",
    ("relative", "max_ratio"): "relative_max_ratio",
    ("relative", "confidence"): "relative_confidence",
}
# The section whose `level` counts for a budget that has no section of its own.
SECTIONS: Mapping[str, str] = {"duplicates": "queries", "nplusone": "queries"}

# Long window, short window, and how many times faster than allowed the budget burns (Google's SRE workbook).
BURN_RATES = (("1h", "5m", 14.4), ("6h", "30m", 6.0), ("1d", "2h", 3.0), ("3d", "6h", 1.0))


@dataclass(frozen=True, slots=True)
class Budget:
    """What one operation may cost. None is no limit.

    `source` tells where the limits come from, the strongest first. `levels` maps a section
    (latency, errors, queries, slow_queries, cache, relative) to what a breach of it is.
    """

    source: str = "none"
    latency_p95_ms: Number | None = None
    latency_p99_ms: Number | None = None
    errors_max_rate: Number | None = None
    queries_max: Number | None = None
    duplicates_max: Number | None = None
    nplusone_max: Number | None = None
    queries_growth: Number | None = None
    slow_queries_max: Number | None = None
    cache_min_hit_rate: Number | None = None
    cache_growth: Number | None = None
    relative_max_ratio: Number | None = None
    relative_confidence: Number | None = None
    levels: Mapping[str, Level] = field(default_factory=dict)

    def level(self, budget: str) -> Level:
        """ "warn" or "error" for a budget's name: latency, errors, queries, duplicates, nplusone, ..."""
        return self.levels.get(SECTIONS.get(budget, budget), "error")


@dataclass(frozen=True, slots=True)
class Rule:
    """One table of budgets.toml: the limits it sets, by Budget's field names, and on what."""

    match: str
    limits: Mapping[str, Number]
    levels: Mapping[str, Level]
    key: Key
    reason: str = ""
    expires: date | None = None


@dataclass(frozen=True, slots=True)
class Threshold:
    """An alert's threshold for something that is no operation: connections, evictions, a queue."""

    name: str
    direction: Literal["above", "below"]
    warning: Number | None
    critical: Number | None
    duration: str
    key: Key


@dataclass(frozen=True, slots=True)
class Exemption:
    """An operation that may go without a scenario, for a reason and for a time."""

    operation: str
    reason: str
    expires: date
    key: Key


@dataclass(frozen=True, slots=True)
class Recording:
    """From what on a query is slow, and how many runs of a statement from one line are an N+1."""

    slow_query_ms: Number = 100
    nplusone_runs: int = 5


@dataclass(frozen=True, slots=True)
class Slo:
    """The window over which an objective is counted, in Prometheus' notation.

    `min_events`: an alert on a share needs so many slow or failed operations (or calls, waits) in its window.
    """

    window: str = "30d"
    min_events: Number = 10


@dataclass(frozen=True, slots=True)
class Regression:
    """When an operation's cost counts as worse than it was one day or one week ago.

    Averages over `window`, with at least `min_operations` in it, `max_ratio` times worse, for `duration`.
    """

    window: str = "1h"
    max_ratio: Number = 1.2
    min_operations: Number = 50
    duration: str = "5m"


@dataclass(frozen=True, slots=True)
class Links:
    """What alerts and dashboards point to.

    `runbooks` holds `<alert>.md`, `dashboards` takes a dashboard's uid, `console` is the console's root.
    """

    runbooks: str = "docs/runbooks"
    dashboards: str = "http://127.0.0.1:3000/d"
    console: str = "http://127.0.0.1:8000/console"
