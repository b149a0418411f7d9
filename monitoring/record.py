"""The record of one operation: what accumulates while it runs, in a ContextVar."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from time import perf_counter_ns, thread_time_ns, time
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from .budgets import budgets
from .catalog import QUERY_DURATION
from .origin import Place
from .runs import Run, StatementRuns
from .statements import Statement

if TYPE_CHECKING:
    from asyncio import Task

    from .budgets import Budget

# The `cpu_ns` of what shares its thread with others (async).
UNKNOWN_CPU: Final = -1

# Per operation. What comes beyond is counted, not kept.
MAX_STATEMENTS: Final = 1_000
MAX_SLOW: Final = 50
MAX_STEPS: Final = 300


@dataclass(frozen=True, slots=True)
class SlowQuery:
    """A query at or over the threshold. `rows` is -1 where the driver does not say."""

    statement: Statement
    place: Place
    duration_ns: int
    rows: int
    alias: str


@dataclass(frozen=True, slots=True)
class NPlusOne:
    """One statement run `runs` times from one place with differing parameters."""

    statement: Statement
    place: Place
    runs: int


class Step(NamedTuple):
    """A query, a cache call or a block within an operation. `start_ns` counts from the operation's beginning.

    `what` is a query's normalised SQL, a cache's command and result, a block's name.
    """

    start_ns: int
    duration_ns: int
    kind: str
    where: str
    what: str


class DatabaseCost:
    """What one operation asked of one database alias.

    `buckets` follow catalog.QUERY_DURATION's bounds; `errors` are failed statements by exception type.
    """

    __slots__ = ("buckets", "errors", "ns", "plumbing", "rows", "slow", "transactions")

    def __init__(self, buckets: int) -> None:
        self.ns = self.plumbing = self.rows = self.slow = self.transactions = 0
        self.errors: dict[str, int] = {}
        self.buckets = [0] * (buckets + 1)

    @property
    def queries(self) -> int:
        """How many it was asked."""
        return sum(self.buckets)

    def merge(self, other: DatabaseCost) -> None:
        for name in self.__slots__:
            if name not in ("buckets", "errors"):
                setattr(self, name, getattr(self, name) + getattr(other, name))
        for kind, number in other.errors.items():
            self.errors[kind] = self.errors.get(kind, 0) + number
        self.buckets = [a + b for a, b in zip(self.buckets, other.buckets, strict=True)]


Counts = dict[tuple[str, str, str], int]
# An empty dict that nobody can write to.
_NOTHING: Final[Any] = MappingProxyType({})


class Operation:
    """A unit of work and what it costs. Times are nanoseconds; `started_at` is epoch seconds.

    Written by the instruments while it runs; read-only after its end. `is_own`: the recorder's own work
    (its store, its console), which is left out of all figures.
    """

    __slots__ = (
        "_statements",
        "breaches",
        "budget",
        "cache",
        "cache_ns",
        "cpu_ns",
        "cpu_start",
        "databases",
        "db_ns",
        "dropped",
        "duplicates",
        "duration_ns",
        "exception",
        "families",
        "finished",
        "headers_ns",
        "is_own",
        "kind",
        "name",
        "nplusone",
        "operation_class",
        "parent",
        "plumbing",
        "queries",
        "queue_ns",
        "request_id",
        "response_bytes",
        "slow_ns",
        "slow_queries",
        "start_ns",
        "started_at",
        "status",
        "steps",
        "steps_cut",
        "task",
        "trace_id",
        "transport",
        "view",
    )  # fmt: skip

    def __init__(self, name: str, kind: str, operation_class: str, parent: Operation | None = None) -> None:
        self.name = name
        self.kind = kind
        self.operation_class = operation_class
        self.parent = parent
        self.status = ""
        self.view = ""
        self.transport = ""
        self.exception = ""
        self.request_id: str = parent.request_id if parent is not None else ""
        self.trace_id: str = parent.trace_id if parent is not None else ""
        self.finished = self.is_own = False
        self.queries = self.plumbing = self.db_ns = self.cache_ns = self.steps_cut = 0
        self.duplicates = self.dropped = self.queue_ns = self.response_bytes = 0
        self.headers_ns = self.duration_ns = self.cpu_ns = 0
        # What is empty for most operations is made by whoever has something to put in.
        self.databases: dict[str, DatabaseCost] = _NOTHING
        self.cache: dict[tuple[str, str, str], int] = _NOTHING
        self.families: dict[tuple[str, str, str], int] = _NOTHING
        self.slow_queries: list[SlowQuery] = []
        self.nplusone: list[NPlusOne] = []
        self.breaches: tuple[str, ...] = ()
        # A statement that ran once is its Run alone: see `statements`.
        self._statements: dict[str, Run | StatementRuns] = {}
        self.budget: Budget | None = None
        # As Step has them, but plain and with their beginning as the clock has it: most are never looked at.
        self.steps: list[Any] | None = None
        # The asyncio task that it runs in: queries run in threads, where its stack is not seen.
        self.task: Task[Any] | None = None if parent is None else parent.task
        self.slow_ns = budgets().slow_ns
        self.started_at = time()
        self.cpu_start = thread_time_ns()
        self.start_ns = perf_counter_ns()

    @property
    def labels(self) -> tuple[str, str, str]:
        """The three labels of its series: kind, operation, class."""
        return self.kind, self.name, self.operation_class

    @property
    def rows(self) -> int:
        """Rows that its queries returned or changed."""
        return sum(cost.rows for cost in self.databases.values())

    @property
    def reads(self) -> int:
        """Queries that only read, of the first MAX_STATEMENTS statements."""
        return sum(runs.runs for runs in self.statements.values() if runs.statement.kind == "read")

    @property
    def statements(self) -> dict[str, StatementRuns]:
        """What it ran, by fingerprint."""
        found = self._statements
        for fingerprint, runs in found.items():
            if not isinstance(runs, StatementRuns):
                found[fingerprint] = StatementRuns(runs[4], runs)  # a value is replaced, no key comes or goes
        return cast("dict[str, StatementRuns]", found)

    def _merge_steps(self, child: Operation) -> None:
        if self.steps is None or child.steps is None:
            return
        self.steps.append((child.start_ns, child.duration_ns, child.kind, child.operation_class, child.name))
        room = max(MAX_STEPS - len(self.steps), 0)
        self.steps += child.steps[:room]
        self.steps_cut += child.steps_cut + max(len(child.steps) - room, 0)

    def ran_before(self, fingerprint: str) -> bool:
        """Whether an operation around this one has run the statement already."""
        around = self.parent
        while around is not None:
            if fingerprint in around._statements:  # noqa: SLF001
                return True
            around = around.parent
        return False

    def merge(self, child: Operation) -> None:
        """Take in what a nested operation cost."""
        self.queries += child.queries
        self.plumbing += child.plumbing
        self.db_ns += child.db_ns
        self.cache_ns += child.cache_ns
        self.dropped += child.dropped
        self.cache = _sum(self.cache, child.cache)
        self.families = _sum(self.families, child.families)
        self._merge_steps(child)
        self.slow_queries += child.slow_queries[: MAX_SLOW - len(self.slow_queries)]
        for alias, cost in child.databases.items():
            self.database(alias).merge(cost)
        self._merge_statements(child)

    def database(self, alias: str) -> DatabaseCost:
        """What it asked of one database."""
        if not self.databases:
            self.databases = {}
        cost = self.databases.get(alias)
        if cost is None:
            cost = self.databases[alias] = DatabaseCost(len(QUERY_DURATION.bounds))
        return cost

    def _merge_statements(self, child: Operation) -> None:
        mine = self.statements
        for fingerprint, runs in child.statements.items():
            known = mine.get(fingerprint)
            if known is None:
                if len(mine) >= MAX_STATEMENTS:
                    self.dropped += 1
                    continue
                known = mine[fingerprint] = StatementRuns(runs.statement)
            known.merge(runs)


def _sum(mine: Counts, more: Counts) -> Counts:
    if not more:
        return mine
    found = dict(mine)
    for key, number in more.items():
        found[key] = found.get(key, 0) + number
    return found


_current: Final[ContextVar[Operation | None]] = ContextVar("tachograph_operation", default=None)


def current() -> Operation | None:
    """The innermost operation that is running here, or None."""
    operation = _current.get()
    while operation is not None and operation.finished:
        operation = operation.parent
    return operation
