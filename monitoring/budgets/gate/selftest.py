"""The gate held to its own promise: no alarm without a change, none missed with one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connections

from monitoring.budgets import Budget
from monitoring.record import Operation, current
from monitoring.scenarios import Scenario

from .environment import Environment
from .measure import Measured, measure
from .pins import Pins
from .relative import Comparison
from .verdict import judge, queries
from .workers import Plant, Worker, compare_sides

PLANTED_SQL = "SELECT 1 AS planted"


@dataclass(frozen=True, slots=True)
class Trial:
    """One comparison. `planted` is what was planted: "nothing", "python", "sql" or "query"."""

    operation: str
    planted: str
    alarmed: bool
    detail: str

    @property
    def is_right(self) -> bool:
        """An alarm where something was planted, none where nothing was."""
        return self.alarmed == (self.planted != "nothing")


def same_against_same(
    base: Worker, head: Worker, budgets: Mapping[str, Budget], runs: int
) -> Iterator[Trial]:
    """Every operation, `runs` times, with nothing changed."""
    for _ in range(runs):
        for operation, budget in budgets.items():
            yield _trial(operation, "nothing", _compared(base, head, operation, budget))


def slowdowns(base: Worker, head: Worker, budgets: Mapping[str, Budget]) -> Iterator[Trial]:
    """Every operation with a slowdown of twice what is allowed (20 % over a limit of 1.10), of each kind."""
    for operation, budget in budgets.items():
        share = 2 * (_limit(budget) - 1)
        for kind in ("python", "sql"):
            yield _trial(operation, kind, _compared(base, head, operation, budget, Plant(kind, share)))


def extra_queries(scenarios: Sequence[Scenario], environment: Environment) -> Iterator[Trial]:
    """Every operation with one more query, held to what it needed before."""
    for scenario in scenarios:
        before = measure(scenario, environment)
        pins = Pins().updated([before], [scenario.operation])
        pinned = queries(before)
        yield _judged(before, pinned, pins, "nothing")
        with _one_more_query():
            after = measure(scenario, environment)
        yield _judged(after, pinned, pins, "query")


def _limit(budget: Budget) -> float:
    return float(budget.relative_max_ratio or 1.10)


def _compared(
    base: Worker, head: Worker, operation: str, budget: Budget, plant: Plant | None = None
) -> Comparison:
    confidence = float(budget.relative_confidence or 0.99)
    return compare_sides(base, head, operation, limit=_limit(budget), confidence=confidence, plant=plant)


def _trial(operation: str, planted: str, found: Comparison) -> Trial:
    return Trial(operation, planted, found.outcome == "slower", found.told)


def _judged(measured: Measured, pinned: int, pins: Pins, planted: str) -> Trial:
    """An alarm counts only if it points at the statement that came."""
    findings = judge(measured, Budget(source="selftest"), pinned, pins).findings
    named = [line.sql for finding in findings for line in finding.lines if line.note == "came"]
    alarmed = bool(findings) if planted == "nothing" else any("planted" in sql for sql in named)
    return Trial(
        measured.name, planted, alarmed, "; ".join(finding.message for finding in findings) or "kept"
    )


@contextmanager
def _one_more_query() -> Iterator[None]:
    """The first query of each operation is followed by another."""
    followed: list[Operation] = []

    def wrapper(
        execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        result = execute(sql, params, many, context)
        operation = current()
        if operation is not None and operation not in followed:
            followed.append(operation)
            with context["connection"].cursor() as cursor:
                cursor.execute(PLANTED_SQL)
        return result

    with ExitStack() as stack:
        for connection in connections.all():
            stack.enter_context(connection.execute_wrapper(wrapper))
        yield
