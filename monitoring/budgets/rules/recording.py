"""Recording rules: what each operation and each class costs, and how fast it burns its budgets.

A budget is an allowed share: of slow operations (p95: 5 %), of failed ones. Its burn is what was bad over
what was allowed, so that one alert serves every class whatever its numbers are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from ..model import BURN_RATES
from ..resolve import Budgets
from .entries import Clock, Entry, record
from .objectives import le_pattern, objectives

# 95 % of the operations keep the objective: that is what p95_ms promises.
SLOW_ALLOWED: Final = 0.05
FAILED: Final = 'status=~"5..|error"'

DURATION: Final = "tacho_operation_duration_seconds"
OPERATION: Final = "job, kind, operation, class"
CLASS: Final = "job, kind, class"

SHORTEST: Final = "5m"
# Budgets on a share of the operations: the name of the budget, and what an operation that breaks it is.
SHARES: Final = {"latency": "slow", "errors": "failed"}
QUANTILES: Final = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
# What is averaged over operations: the name of the average, and the metric that is summed.
_COSTS: Final = {
    "queries": "tacho_operation_db_queries_sum",
    "slow_queries": "tacho_slow_queries_total",
}


def recording(budgets: Budgets, clock: Clock) -> list[Entry]:
    """All of them, in the order in which they build upon each other."""
    return list(_Recording(budgets, clock).rules())


def windows() -> list[str]:
    """Of all burn rates, without the shortest."""
    every = [short for _, short, _ in BURN_RATES] + [long for long, _, _ in BURN_RATES]
    return [window for window in dict.fromkeys(every) if window != SHORTEST]


@dataclass(frozen=True, slots=True)
class _Recording:
    budgets: Budgets
    clock: Clock

    def rules(self) -> Iterator[Entry]:
        yield from self._rates()
        yield from self._class_rates()
        for window in windows():
            yield from self._class_increases(window)
        yield from self._budget_left()
        yield from self._latency()
        for window in dict.fromkeys((SHORTEST, self.budgets.regression.window)):
            yield from self._costs(window)

    def _rates(self) -> Iterator[Entry]:
        """What each operation did over the shortest window: all, slow, failed, and what was allowed."""
        window = self.clock.range(SHORTEST)
        every = "operation:tacho_operations:rate5m"
        yield record(every, f"sum by ({OPERATION}) (rate({DURATION}_count[{window}]))")
        yield record("operation:tacho_slow_operations:rate5m", f"{every}\n-\n{self._in_time(window)}")
        failed = f"sum by ({OPERATION}) (rate(tacho_operations_total{{{FAILED}}}[{window}]))"
        yield record("operation:tacho_failed_operations:rate5m", f"{failed}\nor\n{every} * 0")
        slow = (
            f"{every}{{{each.selector}}} * {SLOW_ALLOWED:g}"
            for each in objectives(self.budgets, "latency_p95_ms")
        )
        yield record("operation:tacho_slow_allowed:rate5m", _either(slow))
        errors = (
            f"{every}{{{each.selector}}} * {each.limit:g}"
            for each in objectives(self.budgets, "errors_max_rate")
        )
        yield record("operation:tacho_failed_allowed:rate5m", _either(errors))

    def _in_time(self, window: str) -> str:
        """The rate of operations within their objective: what lies in the objective's bucket."""
        buckets = (
            f'rate({DURATION}_bucket{{{each.selector},le=~"{le_pattern(each.limit / 1000)}"}}[{window}])'
            for each in objectives(self.budgets, "latency_p95_ms")
        )
        return f"sum by ({OPERATION}) (\n  " + "\n  or ".join(buckets) + "\n)"

    def _class_rates(self) -> Iterator[Entry]:
        """Sums over each class over the shortest window, and how fast its budgets burn."""
        yield record("class:tacho_operations:rate5m", f"sum by ({CLASS}) (operation:tacho_operations:rate5m)")
        for budget, bad in SHARES.items():
            seen, allowed = (f"operation:tacho_{bad}_{what}:rate5m" for what in ("operations", "allowed"))
            # Operations without this objective are left out of both.
            yield record(f"class:tacho_{bad}_operations:rate5m", f"sum by ({CLASS}) ({seen} and {allowed})")
            yield record(f"class:tacho_{bad}_allowed:rate5m", f"sum by ({CLASS}) ({allowed})")
            yield self._burn(budget, bad, "rate", SHORTEST)

    def _class_increases(self, window: str) -> Iterator[Entry]:
        """How many operations of each class were bad in a longer window, how many were allowed to be.

        Every five minutes count once: few series, no buckets; where Prometheus saw less, less is counted.
        """
        step = self.clock.range(SHORTEST)
        for budget, bad in SHARES.items():
            for what in ("operations", "allowed"):
                steps = f"sum_over_time(class:tacho_{bad}_{what}:rate5m[{self.clock.range(window)}:{step}])"
                number = f"{steps} * {self.clock.seconds(SHORTEST):g}"
                yield record(f"class:tacho_{bad}_{what}:increase{window}", number)
            yield self._burn(budget, bad, "increase", window)

    @staticmethod
    def _burn(budget: str, bad: str, how: str, window: str) -> Entry:
        seen, allowed = (f"class:tacho_{bad}_{what}:{how}{window}" for what in ("operations", "allowed"))
        return record(f"class:tacho_{budget}_burn:ratio{window}", f"{seen}\n/\n{allowed}")

    def _budget_left(self) -> Iterator[Entry]:
        """1 when nothing was bad over the SLO's window, 0 when all was that may be, less when more was."""
        window = f"{self.clock.range(self.budgets.slo.window)}:{self.clock.range('1h')}"
        for budget, bad in SHARES.items():
            seen, allowed = (
                f"sum_over_time(class:tacho_{bad}_{what}:increase1h[{window}])"
                for what in ("operations", "allowed")
            )
            yield record(f"class:tacho_{budget}_budget_left:ratio", f"1 -\n{seen}\n/\n{allowed}")

    def _latency(self) -> Iterator[Entry]:
        window = self.clock.range(SHORTEST)
        for level, labels in (("operation", OPERATION), ("class", CLASS)):
            for name, quantile in QUANTILES.items():
                buckets = f"sum by ({labels}, le) (rate({DURATION}_bucket[{window}]))"
                yield record(
                    f"{level}:tacho_latency_seconds:{name}_5m", f"histogram_quantile({quantile}, {buckets})"
                )

    def _costs(self, window: str) -> Iterator[Entry]:
        """Averages over each operation's and each class' runs, and hits over look-ups in the cache."""
        span = self.clock.range(window)
        for level, labels in (("operation", OPERATION), ("class", CLASS)):
            runs = f"sum by ({labels}) (rate({DURATION}_count[{span}]))"
            if window != SHORTEST:
                yield record(f"{level}:tacho_operations:rate{window}", runs)
            for cost, metric in _COSTS.items():
                summed = f"(sum by ({labels}) (rate({metric}[{span}])) or {runs} * 0)"
                yield record(f"{level}:tacho_{cost}_per_operation:ratio{window}", f"{summed}\n/\n{runs}")
            looked_up = self._cache("hit|miss", labels, span)
            yield record(f"{level}:tacho_cache_lookups:rate{window}", looked_up)
            hits = f"({self._cache('hit', labels, span)} or {looked_up} * 0)"
            yield record(f"{level}:tacho_cache_hit_ratio:rate{window}", f"{hits}\n/\n{looked_up}")

    @staticmethod
    def _cache(results: str, labels: str, span: str) -> str:
        return f'sum by ({labels}) (rate(tacho_cache_operations_total{{result=~"{results}"}}[{span}]))'


def _either(parts: Iterable[str]) -> str:
    return "\nor ".join(parts)
