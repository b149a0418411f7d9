"""Head against base: is it slower than the budget allows, and how sure is that?

Both run in one job, block by block in turns, so that a noisy machine is noisy for both. A block's figure
is its fastest call: noise only ever adds. The verdict is a bootstrap bound of the pairs' median ratio.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from statistics import median
from typing import Literal

FIRST_PAIRS, MORE_PAIRS, MOST_PAIRS = 10, 5, 30
RESAMPLES = 2_000

Block = Callable[[], float]
Outcome = Literal["kept", "slower", "inconclusive"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`ratio` is head's duration over base's, `low` and `high` its bounds; `base_ms` the fastest call."""

    operation: str
    outcome: Outcome
    ratio: float
    low: float
    high: float
    pairs: int
    limit: float
    base_ms: float
    head_ms: float

    @property
    def told(self) -> str:
        """In one phrase."""
        bounds = f"{self.low:.3f} to {self.high:.3f}, the limit is {self.limit:g}"
        return f"{self.outcome}: {self.ratio:.3f} times the base's duration ({bounds}, {self.pairs} pairs)"


def compare(operation: str, base: Block, head: Block, *, limit: float, confidence: float) -> Comparison:
    """Take pairs of blocks until the bounds lie on one side of `limit`, or MOST_PAIRS are taken.

    `base` and `head` run one block and return its fastest call in milliseconds.
    """
    bases: list[float] = []
    heads: list[float] = []
    wanted = FIRST_PAIRS
    while True:
        while len(bases) < wanted:
            _take_pair(base, head, bases, heads)
        ratios = [after / before for before, after in zip(bases, heads, strict=True)]
        low, high = bounds(ratios, confidence)
        if low > limit or high <= limit or wanted >= MOST_PAIRS:
            break
        wanted += MORE_PAIRS
    outcome: Outcome = "slower" if low > limit else "kept" if high <= limit else "inconclusive"
    return Comparison(operation, outcome, median(ratios), low, high, wanted, limit, min(bases), min(heads))


def _take_pair(base: Block, head: Block, bases: list[float], heads: list[float]) -> None:
    """The order alternates: who comes second may find the machine warmer."""
    if len(bases) % 2 == 0:
        bases.append(base())
        heads.append(head())
    else:
        heads.append(head())
        bases.append(base())


def bounds(ratios: Sequence[float], confidence: float) -> tuple[float, float]:
    """Below the first and above the second the true median lies with a chance of 1 - confidence each."""
    random = Random(0)  # noqa: S311  (the same figures give the same verdict)
    medians = sorted(median(random.choices(ratios, k=len(ratios))) for _ in range(RESAMPLES))
    tail = round((1 - confidence) * (RESAMPLES - 1))
    return medians[tail], medians[RESAMPLES - 1 - tail]
