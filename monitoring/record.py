"""The record of one operation: what accumulates while it runs, in a ContextVar."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from time import perf_counter_ns, thread_time_ns, time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .budgets import budgets
from .origin import Place
from .statements import Statement

if TYPE_CHECKING:
    from asyncio import Task
    from types import FrameType

    from .budgets import Budget

# The `cpu_ns` of what shares its thread with others (async).
UNKNOWN_CPU: Final = -1

# Per operation. What comes beyond is counted, not kept.
MAX_STATEMENTS: Final = 1_000
MAX_HASHES: Final = 10_000
MAX_SLOW: Final = 50
MAX_STEPS: Final = 300
# The N+1 rule needs no more distinct parameters than its threshold; the rest would only use memory.
MAX_DISTINCT: Final = 1_000


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


class PlaceRuns:
    """The runs of one statement from one place. Pieces of one bulk call are one entry of `distinct`."""

    __slots__ = ("bulk", "distinct", "runs")

    def __init__(self) -> None:
        self.runs = 0
        self.distinct: set[int] = set()
        self.bulk: FrameType | None = None

    def add(self, parameters: int, bulk: FrameType | None) -> None:
        self.runs += 1
        if bulk is not None and bulk is self.bulk:
            return
        # Kept until the operation ends, so that a later frame cannot have its address.
        self.bulk = bulk
        if len(self.distinct) < MAX_DISTINCT:
            self.distinct.add(parameters)

    def merge(self, other: PlaceRuns) -> None:
        self.runs += other.runs
        if len(self.distinct) < MAX_DISTINCT:
            self.distinct |= other.distinct


class StatementRuns:
    """What one normalised statement did within one operation.

    `unplaced` is the hash of the first run, whose place is taken to be the second's.
    """

    __slots__ = ("by_place", "duplicates", "hashes", "max_ns", "ns", "rows", "runs", "statement", "unplaced")

    def __init__(self, statement: Statement, hashes: set[int]) -> None:
        self.statement = statement
        self.runs = self.ns = self.max_ns = self.rows = self.duplicates = 0
        self.hashes = hashes
        self.by_place: dict[Place, PlaceRuns] = {}
        self.unplaced: int | None = None

    @property
    def places(self) -> dict[Place, int]:
        """Runs by place; a statement that ran once has none."""
        return {place: found.runs for place, found in self.by_place.items()}

    def at(self, place: Place) -> PlaceRuns:
        found = self.by_place.get(place)
        if found is None:
            found = self.by_place[place] = PlaceRuns()
            if self.unplaced is not None:
                found.add(self.unplaced, None)
                self.unplaced = None
        return found

    def merge(self, other: StatementRuns) -> None:
        """Take in what the same statement did in a nested operation."""
        self.runs += other.runs
        self.ns += other.ns
        self.rows += other.rows
        self.max_ns = max(self.max_ns, other.max_ns)
        self.duplicates += other.duplicates + len(self.hashes & other.hashes)
        if len(self.hashes) < MAX_HASHES:
            self.hashes |= other.hashes
        for place, runs in other.by_place.items():
            self.at(place).merge(runs)
        if other.unplaced is not None:
            if self.by_place:
                next(iter(self.by_place.values())).add(other.unplaced, None)
            else:
                self.unplaced = other.unplaced


class DatabaseCost:
    """What one operation asked of one database alias.

    `buckets` follow catalog.QUERY_DURATION's bounds; `errors` are failed statements by exception type.
    """

    __slots__ = ("buckets", "errors", "ns", "plumbing", "queries", "reads", "rows", "slow", "transactions")

    def __init__(self, buckets: int) -> None:
        self.queries = self.ns = self.plumbing = self.rows = 0
        self.slow = self.transactions = self.reads = 0
        self.errors: dict[str, int] = {}
        self.buckets = [0] * (buckets + 1)

    def merge(self, other: DatabaseCost) -> None:
        for name in self.__slots__:
            if name not in ("buckets", "errors"):
                setattr(self, name, getattr(self, name) + getattr(other, name))
        for kind, number in other.errors.items():
            self.errors[kind] = self.errors.get(kind, 0) + number
        self.buckets = [a + b for a, b in zip(self.buckets, other.buckets, strict=True)]


class Operation:
    """A unit of work and what it costs. Times are nanoseconds; `started_at` is epoch seconds.

    Written by the instruments while it runs; read-only after its end.
    """

    __slots__ = (
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
        "rows",
        "slow_ns",
        "slow_queries",
        "start_ns",
        "started_at",
        "statements",
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
        self.finished = False
        self.queries = self.plumbing = self.rows = self.db_ns = self.cache_ns = 0
        self.duplicates = self.dropped = self.queue_ns = self.response_bytes = 0
        self.databases: dict[str, DatabaseCost] = {}
        self.statements: dict[str, StatementRuns] = {}
        self.slow_queries: list[SlowQuery] = []
        self.nplusone: list[NPlusOne] = []
        self.cache: dict[tuple[str, str, str], int] = {}
        self.budget: Budget | None = None
        self.breaches: tuple[str, ...] = ()
        self.families: dict[tuple[str, str, str], int] = {}
        # As Step has them, but plain and with their beginning as the clock has it: most are never looked at.
        self.steps: list[tuple[int, int, str, str, str]] | None = None
        self.steps_cut = 0
        # The asyncio task that it runs in: queries run in threads, where its stack is not seen.
        self.task: Task[Any] | None = None if parent is None else parent.task
        self.headers_ns = 0
        self.duration_ns = 0
        self.cpu_ns = 0
        self.slow_ns = budgets().recording.slow_query_ms * 1_000_000
        self.started_at = time()
        self.cpu_start = thread_time_ns()
        self.start_ns = perf_counter_ns()

    @property
    def labels(self) -> tuple[str, str, str]:
        """The three labels of its series: kind, operation, class."""
        return self.kind, self.name, self.operation_class

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
            if fingerprint in around.statements:
                return True
            around = around.parent
        return False

    def merge(self, child: Operation) -> None:
        """Take in what a nested operation cost."""
        self.queries += child.queries
        self.plumbing += child.plumbing
        self.rows += child.rows
        self.db_ns += child.db_ns
        self.cache_ns += child.cache_ns
        self.dropped += child.dropped
        _add(self.cache, child.cache)
        _add(self.families, child.families)
        self._merge_steps(child)
        self.slow_queries += child.slow_queries[: MAX_SLOW - len(self.slow_queries)]
        for alias, cost in child.databases.items():
            if (mine := self.databases.get(alias)) is None:
                mine = self.databases[alias] = DatabaseCost(len(cost.buckets) - 1)
            mine.merge(cost)
        for fingerprint, runs in child.statements.items():
            mine_runs = self.statements.get(fingerprint)
            if mine_runs is None:
                if len(self.statements) >= MAX_STATEMENTS:
                    self.dropped += 1
                    continue
                mine_runs = self.statements[fingerprint] = StatementRuns(runs.statement, set())
            mine_runs.merge(runs)


def _add(into: dict[tuple[str, str, str], int], more: Mapping[tuple[str, str, str], int]) -> None:
    for key, number in more.items():
        into[key] = into.get(key, 0) + number


_current: Final[ContextVar[Operation | None]] = ContextVar("tachograph_operation", default=None)


def current() -> Operation | None:
    """The innermost operation that is running here, or None."""
    operation = _current.get()
    while operation is not None and operation.finished:
        operation = operation.parent
    return operation
