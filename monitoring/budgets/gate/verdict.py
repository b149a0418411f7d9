"""Holds what was measured to the budget: each broken promise with the statements that broke it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from monitoring.analysis import hit_rate
from monitoring.budgets import Budget, Level
from monitoring.record import Operation, StatementRuns

from .measure import Measured, Sample

# Their results count keys, not calls.
PER_KEY_COMMANDS = frozenset({"get_many"})


@dataclass(frozen=True, slots=True)
class Line:
    """A statement that a finding points at: its runs at both sizes, and the lines of code it comes from."""

    fingerprint: str
    sql: str
    small: int
    large: int
    places: tuple[str, ...]
    note: str = ""


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
    findings: tuple[Finding, ...]

    @property
    def failed(self) -> bool:
        """Whether a breach is an error."""
        return any(finding.level == "error" for finding in self.findings)


def judge(measured: Measured, budget: Budget) -> Verdict:
    """The deterministic tier: counts, growth and the warm hit rate."""
    checks: tuple[Callable[[Measured, Budget], Iterable[Finding]], ...] = (
        _queries,
        _growth,
        _duplicates,
        _nplusone,
        _cache_growth,
        _hit_rate,
    )
    return Verdict(
        measured, budget, tuple(finding for check in checks for finding in check(measured, budget))
    )


def lines_of(measured: Measured) -> dict[str, Line]:
    """Every statement of the operation by fingerprint, the most frequent at the large size first."""
    small, large = measured.small.cold.statements, measured.large.cold.statements
    lines = [_line(measured, fingerprint) for fingerprint in small.keys() | large.keys()]
    return {line.fingerprint: line for line in sorted(lines, key=lambda line: (-line.large, line.sql))}


def _line(measured: Measured, fingerprint: str, note: str = "") -> Line:
    found = [sample.cold.statements.get(fingerprint) for sample in (measured.small, measured.large)]
    runs: StatementRuns = next(item for item in reversed(found) if item is not None)
    counts = [item.runs if item is not None else 0 for item in found]
    places = {**_places(measured.small, fingerprint), **_places(measured.large, fingerprint)}
    return Line(fingerprint, runs.statement.sql, counts[0], counts[1], tuple(places), note)


def _places(sample: Sample, fingerprint: str) -> dict[str, int]:
    return {str(place): runs for place, runs in sample.places.get(fingerprint, {}).items()}


def _finding(measured: Measured, budget: Budget, name: str, message: str, lines: Iterable[Line]) -> Finding:
    section = "queries" if name == "growth" else name
    return Finding(measured.name, name, budget.level(section), message, tuple(lines))


def _queries(measured: Measured, budget: Budget) -> Iterator[Finding]:
    most = max(measured.small.cold.queries, measured.large.cold.queries)
    if budget.queries_max is not None and most > budget.queries_max:
        message = f"{most} queries, the budget is {budget.queries_max} ({budget.source})"
        yield _finding(measured, budget, "queries", message, lines_of(measured).values())


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
        lines = (_line(measured, key, f"{repeats} repeats") for key, repeats in repeated)
        yield _finding(measured, budget, "duplicates", message, lines)


def _nplusone(measured: Measured, budget: Budget) -> Iterator[Finding]:
    worst = max(measured.small.cold, measured.large.cold, key=lambda operation: len(operation.nplusone))
    if budget.nplusone_max is not None and len(worst.nplusone) > budget.nplusone_max:
        message = f"{len(worst.nplusone)} N+1, the budget is {budget.nplusone_max}"
        lines = (
            _line(measured, item.statement.fingerprint, f"{item.runs} runs from {item.place}")
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
