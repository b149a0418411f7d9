"""Holds what was measured to the budget: each broken promise with the statements that broke it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from monitoring.analysis import hit_rate
from monitoring.budgets import Budget, Level
from monitoring.record import Operation

from .measure import Measured
from .pins import Pins
from .statements import Line, line_of, lines_of

# Their results count keys, not calls.
PER_KEY_COMMANDS = frozenset({"get_many"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken promise. `budget` is its name: queries, growth, duplicates, nplusone, cache, ..."""

    operation: str
    budget: str
    level: Level
    message: str
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """An operation's measurement, its budget, and what it broke of it."""

    measured: Measured
    budget: Budget
    pinned: int | None
    findings: tuple[Finding, ...]
    changes: tuple[Line, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether a breach is an error."""
        return any(finding.level == "error" for finding in self.findings)


def queries(measured: Measured) -> int:
    """The queries of the operation, at the size that needs more of them."""
    return max(measured.small.cold.queries, measured.large.cold.queries)


def judge(measured: Measured, budget: Budget, pinned: int | None, pins: Pins) -> Verdict:
    """The deterministic tier: counts, growth, warm hit rate. `pinned`: queries, None if never pinned."""
    changes = tuple(pins.changes(measured))
    checks: tuple[Callable[[Measured, Budget], Iterable[Finding]], ...] = (
        _growth,
        _duplicates,
        _nplusone,
        _cache_growth,
        _hit_rate,
    )
    findings = [finding for check in checks for finding in check(measured, budget)]
    return Verdict(
        measured, budget, pinned, (*_queries(measured, budget, pinned, changes), *findings), changes
    )


def _finding(measured: Measured, budget: Budget, name: str, message: str, lines: Iterable[Line]) -> Finding:
    section = "queries" if name == "growth" else name
    return Finding(measured.name, name, budget.level(section), message, tuple(lines))


def _queries(
    measured: Measured, budget: Budget, pinned: int | None, changes: Iterable[Line]
) -> Iterator[Finding]:
    """Points at what changed since it was pinned, or else at all that ran."""
    most = queries(measured)
    lines = changes or lines_of(measured).values()
    if budget.queries_max is not None and most > budget.queries_max:
        message = f"{most} queries, the budget is {budget.queries_max} ({budget.source})"
        yield _finding(measured, budget, "queries", message, lines)
    elif pinned is not None and most > pinned:
        message = f"{most} queries, {pinned} are pinned; if it must be so: `budget update --allow-looser`"
        yield _finding(measured, budget, "queries", message, lines)
    elif pinned is None:
        message = f"{most} queries, not pinned yet: `budget update` does it"
        yield Finding(measured.name, "queries", "warn", message)


def _growth(measured: Measured, budget: Budget) -> Iterator[Finding]:
    small, large = measured.small.cold.queries, measured.large.cold.queries
    allowed = budget.queries_growth or 0
    if large - small > allowed:
        message = (
            f"{small} queries at {measured.small.size} rows, {large} at {measured.large.size}: "
            f"it grows with the data (allowed: {allowed})"
        )
        grown = (line for line in lines_of(measured).values() if line.large > line.small)
        yield _finding(measured, budget, "growth", message, grown)


def _duplicates(measured: Measured, budget: Budget) -> Iterator[Finding]:
    worst = max(measured.small.cold, measured.large.cold, key=lambda operation: operation.duplicates)
    if budget.duplicates_max is not None and worst.duplicates > budget.duplicates_max:
        message = f"{worst.duplicates} repeats of the same query, the budget is {budget.duplicates_max}"
        repeated = [(key, runs.duplicates) for key, runs in worst.statements.items() if runs.duplicates]
        lines = (line_of(measured, key, f"{repeats} repeats") for key, repeats in repeated)
        yield _finding(measured, budget, "duplicates", message, lines)


def _nplusone(measured: Measured, budget: Budget) -> Iterator[Finding]:
    worst = max(measured.small.cold, measured.large.cold, key=lambda operation: len(operation.nplusone))
    if budget.nplusone_max is not None and len(worst.nplusone) > budget.nplusone_max:
        message = f"{len(worst.nplusone)} N+1, the budget is {budget.nplusone_max}"
        lines = (
            line_of(measured, item.statement.fingerprint, f"{item.runs} runs from {item.place}")
            for item in worst.nplusone
        )
        yield _finding(measured, budget, "nplusone", message, lines)


def _cache_growth(measured: Measured, budget: Budget) -> Iterator[Finding]:
    small, large = cache_commands(measured.small.cold), cache_commands(measured.large.cold)
    allowed = budget.cache_growth or 0
    if large - small > allowed:
        message = (
            f"{small} cache commands at {measured.small.size} rows, {large} at {measured.large.size}: "
            f"use get_many and set_many (allowed: {allowed})"
        )
        yield _finding(measured, budget, "cache", message, ())


def _hit_rate(measured: Measured, budget: Budget) -> Iterator[Finding]:
    warm = measured.large.warm
    if budget.cache_min_hit_rate is None or warm is None:
        return
    rate = hit_rate(warm)
    if rate is None:
        message = "its budget has a hit rate, but its second call looked nothing up in the cache"
        yield _finding(measured, budget, "cache", message, ())
    elif rate < budget.cache_min_hit_rate:
        message = (
            f"{rate:.0%} of the second call's look-ups hit, the budget is {budget.cache_min_hit_rate:.0%}"
        )
        yield _finding(measured, budget, "cache", message, ())


def cache_commands(operation: Operation) -> int:
    """Calls of the cache, those that count per key left out."""
    return sum(
        number for (_, command, _), number in operation.cache.items() if command not in PER_KEY_COMMANDS
    )
