"""What one statement did within one operation, and from which lines of code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from .catalog import QUERY_DURATION
from .origin import UNKNOWN, Place
from .statements import Statement

if TYPE_CHECKING:
    from types import FrameType

# Per statement and place. What comes beyond is counted, not told apart.
MAX_HASHES: Final = 10_000
_NO_RUNS: Final = [0] * (len(QUERY_DURATION.bounds) + 1)


class Run(NamedTuple):
    """One run of a statement. Made as a plain tuple, which costs a sixth, and read by these names.

    The first five are a trace's step as well. `rows` is -1 where the driver does not say; `parameters` is
    their hash; `bucket` the place of its duration in catalog.QUERY_DURATION's bounds.
    """

    start_ns: int
    duration_ns: int
    kind: str
    alias: str
    statement: Statement
    rows: int
    parameters: int
    bucket: int


class PlaceRuns:
    """The runs of one statement from one place. `buckets` follow catalog.QUERY_DURATION's bounds.

    `bulk` is the frame of the bulk call that the last run was a piece of, `pieces` the runs with new
    parameters that were a later piece of one.
    """

    __slots__ = ("buckets", "bulk", "duplicates", "hashes", "max_ns", "ns", "pieces", "rows", "slow")

    def __init__(self) -> None:
        self.ns = self.max_ns = self.rows = self.slow = 0
        self.duplicates = self.pieces = 0
        self.hashes: set[int] = set()
        self.buckets = _NO_RUNS[:]
        self.bulk: FrameType | None = None

    @property
    def runs(self) -> int:
        """How many there were."""
        return sum(self.buckets)

    @property
    def distinct(self) -> int:
        """Runs with differing parameters; the pieces of one bulk call are one."""
        return len(self.hashes) - self.pieces

    def add(self, run: Run, bulk: FrameType | None, *, is_known: bool) -> bool:
        """Count a run; `is_known`: another place ran it with these parameters. False where it has no room."""
        _, ns, _, _, _, rows, parameters, bucket = run
        self.ns += ns
        if ns > self.max_ns:  # noqa: PLR1730  (a call less)
            self.max_ns = ns
        if rows > 0:
            self.rows += rows
        self.buckets[bucket] += 1
        hashes = self.hashes
        if parameters in hashes:
            self.duplicates += 1
        elif len(hashes) >= MAX_HASHES:
            return False
        else:
            hashes.add(parameters)
            if is_known:
                self.duplicates += 1
            if bulk is not None and bulk is self.bulk:
                self.pieces += 1
        # Kept until the operation ends, so that a later frame cannot have its address.
        self.bulk = bulk
        return True

    def merge(self, other: PlaceRuns, known: set[int]) -> None:
        """Take in another operation's runs from here; `known` are the parameters seen before them."""
        self.ns += other.ns
        self.max_ns = max(self.max_ns, other.max_ns)
        self.rows += other.rows
        self.slow += other.slow
        self.pieces += other.pieces
        self.duplicates += other.duplicates + len(known & other.hashes)
        self.buckets = [a + b for a, b in zip(self.buckets, other.buckets, strict=True)]
        if len(self.hashes) < MAX_HASHES:
            self.hashes |= other.hashes


class StatementRuns:
    """What one normalised statement did within one operation.

    `unplaced` is a first run, whose place is taken to be the second's: the walk to it is left out.
    """

    __slots__ = ("by_place", "statement", "unplaced")

    def __init__(self, statement: Statement, unplaced: Run | None = None) -> None:
        self.statement = statement
        self.by_place: dict[Place, PlaceRuns] = {}
        self.unplaced = unplaced

    def located(self) -> Iterator[tuple[Place | None, PlaceRuns]]:
        """Its runs by place; None is the place of a statement that ran once and was not looked for."""
        yield from self.by_place.items()
        if self.unplaced is not None:
            alone = PlaceRuns()
            alone.add(self.unplaced, None, is_known=False)
            yield None, alone

    @property
    def runs(self) -> int:
        """How often it ran."""
        return sum(found.runs for _, found in self.located())

    @property
    def ns(self) -> int:
        """How long it ran in all."""
        return sum(found.ns for _, found in self.located())

    @property
    def duplicates(self) -> int:
        """Runs with parameters that it had run with."""
        return sum(found.duplicates for found in self.by_place.values())

    @property
    def places(self) -> dict[Place, int]:
        """Runs by place; a statement that ran once has none."""
        return {place: found.runs for place, found in self.by_place.items()}

    def at(self, place: Place) -> PlaceRuns:
        """The runs from `place`, which is also the first run's from now on."""
        found = self.by_place.get(place)
        if found is None:
            found = self.by_place[place] = PlaceRuns()
        if self.unplaced is not None:
            found.add(self.unplaced, None, is_known=False)
            self.unplaced = None
        return found

    def add(self, run: Run, place: Place, bulk: FrameType | None) -> bool:
        """Count a run. False where its parameters found no room."""
        by_place = self.by_place
        found = by_place.get(place)
        if found is None or self.unplaced is not None:
            found = self.at(place)
        is_known = len(by_place) > 1 and any(run[6] in other.hashes for other in by_place.values())
        return found.add(run, bulk, is_known=is_known)

    def merge(self, other: StatementRuns) -> None:
        """Take in what the same statement did in a nested operation."""
        known = self._known()
        for place, runs in other.by_place.items():
            self.at(place).merge(runs, known)
        if other.unplaced is not None and not known:
            self.unplaced = other.unplaced
        elif other.unplaced is not None:
            place = next(iter(self.by_place), UNKNOWN)
            self.at(place).add(other.unplaced, None, is_known=other.unplaced[6] in known)

    def _known(self) -> set[int]:
        return set().union(*(found.hashes for _, found in self.located()))
