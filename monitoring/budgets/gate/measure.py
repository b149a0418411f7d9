"""What an operation costs: its scenario, run cold and warm at two sizes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

from django.http.response import HttpResponseBase
from django.test import Client

from monitoring.errors import BudgetError
from monitoring.origin import Place
from monitoring.record import Operation
from monitoring.scenarios import Scenario, client_for
from monitoring.testing import Recorded, recorded

from .environment import Environment

# Both within one page of a list: at the page's limit both sizes would answer the same, and an N+1 with them.
SMALL, LARGE = 5, 50
EXCERPT = 300
CALLS, CALLS_SECONDS = 20, 1.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One call at one size. `warm` is the call after it, None where a second one would be another thing.

    `times_ms`: of warm calls, none if not repeatable, or at the small size. `sync_blocks`: the names of
    the blocks of the class sync that it ran.
    """

    size: int
    cold: Operation
    places: Mapping[str, Mapping[Place, int]]
    warm: Operation | None
    times_ms: tuple[float, ...]
    sync_blocks: frozenset[str]


@dataclass(frozen=True, slots=True)
class Measured:
    """A scenario's samples."""

    scenario: Scenario
    small: Sample
    large: Sample

    @property
    def name(self) -> str:
        return self.scenario.operation

    @property
    def operation_class(self) -> str:
        return self.large.cold.operation_class


def measure(scenario: Scenario, environment: Environment) -> Measured:
    """Run the scenario at 5 and at 50. Raises BudgetError when it fails or exercises something else."""
    return Measured(scenario, sample(scenario, environment, SMALL), sample(scenario, environment, LARGE))


def sample(scenario: Scenario, environment: Environment, size: int) -> Sample:
    """Run the scenario at one size, warmed up before. Raises BudgetError as `measure` does."""
    if size == SMALL and not scenario.repeatable:
        _prepared(scenario, environment, size).call()  # what a process does only once is done now
    prepared = _prepared(scenario, environment, size)
    if scenario.repeatable:
        prepared.call()
    environment.empty_caches()
    cold, operations = prepared.call()
    warm = prepared.call()[0] if scenario.repeatable else None
    times = tuple(_times(prepared)) if scenario.repeatable and size == LARGE else ()
    blocks = {item.name for item in operations if item.kind == "block" and item.operation_class == "sync"}
    return Sample(size, cold, operations.places(cold), warm, times, frozenset(blocks))


def _times(prepared: "Prepared") -> Iterator[float]:
    """As many calls as fit the time, up to CALLS."""
    deadline = monotonic() + CALLS_SECONDS
    for _ in range(CALLS):
        yield prepared.call()[0].duration_ns / 1e6
        if monotonic() > deadline:
            return


@dataclass(frozen=True, slots=True)
class Prepared:
    """A seeded world and a client, ready to call."""

    scenario: Scenario
    client: Client
    world: Any

    def call(self) -> tuple[Operation, Recorded]:
        """Exercise the operation once: its record, and all that finished meanwhile."""
        with recorded() as operations:
            self.run()
        runs = operations.named(self.scenario.operation)
        if not runs:
            seen = ", ".join(sorted({operation.name for operation in operations})) or "nothing"
            raise _failed(self.scenario, f"it ran {seen} instead: correct the call, or the operation's name")
        return max(runs, key=lambda operation: operation.queries), operations

    def run(self) -> None:
        """The bare call, its response checked."""
        try:
            response = self.scenario.call(self.client, self.world)
        except Exception as error:
            raise _failed(self.scenario, f"the call raised {type(error).__name__}: {error}") from error
        if response is None:
            return
        if response.streaming:
            read(response)
        if not 200 <= response.status_code < 300:
            raise _failed(self.scenario, f"the answer was {response.status_code}: {_excerpt(response)}")


def read(response: Any) -> None:
    """Take a stream to its end, where its operation ends."""
    for _ in response:
        pass


def _prepared(scenario: Scenario, environment: Environment, size: int) -> Prepared:
    """Scenarios that only read find each other's seed, if it is the same."""
    try:
        world = environment.seeded(scenario.seed, size, is_shared=scenario.reads)
        client = client_for(scenario.role)
    except BudgetError:
        raise
    except Exception as error:
        raise _failed(scenario, f"seeding {size} raised {type(error).__name__}: {error}") from error
    return Prepared(scenario, client, world)


def _failed(scenario: Scenario, what: str) -> BudgetError:
    return BudgetError(f"{scenario.place}: the scenario of {scenario.operation!r} failed: {what}")


def _excerpt(response: HttpResponseBase) -> str:
    content = getattr(response, "content", b"")
    return str(content[:EXCERPT].decode("utf-8", "replace"))
