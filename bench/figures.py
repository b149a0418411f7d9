"""From blocks to figures: medians, spread, and the ratio to the bare service in the same cycle."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median, quantiles

from .endpoints import ENDPOINTS
from .race import BASE, Block


@dataclass(frozen=True, slots=True)
class Cost:
    """One contestant at one endpoint.

    `median_us`, `p25_us`, `p75_us`: of all its timed requests. `ratio`: the median, over the cycles, of its
    block's median by the bare one's; `ratio_low`, `ratio_high`: the least and the greatest round's.
    `added_us`: the median of the differences instead.
    """

    requests: int
    median_us: float
    p25_us: float
    p75_us: float
    ratio: float
    ratio_low: float
    ratio_high: float
    added_us: float


# endpoint -> contestant -> cost
Costs = dict[str, dict[str, Cost]]


def summarise(blocks: Iterable[Block]) -> Costs:
    """The costs, in the order in which the endpoints and contestants came."""
    grouped: dict[str, dict[str, dict[tuple[int, int], Block]]] = defaultdict(lambda: defaultdict(dict))
    for block in blocks:
        grouped[block.endpoint][block.contestant][block.round, block.cycle] = block
    return {
        endpoint: {name: _cost(found, by_name[BASE]) for name, found in by_name.items()}
        for endpoint, by_name in grouped.items()
    }


def _cost(mine: dict[tuple[int, int], Block], base: dict[tuple[int, int], Block]) -> Cost:
    every = [ns / 1e3 for block in mine.values() for ns in block.ns]
    p25, _, p75 = quantiles(every, n=4)
    ratios: dict[int, list[float]] = defaultdict(list)
    added = []
    for key, block in mine.items():
        own, bare = median(block.ns), median(base[key].ns)
        ratios[block.round].append(own / bare)
        added.append((own - bare) / 1e3)
    by_round = [median(found) for found in ratios.values()]
    ratio = median(value for found in ratios.values() for value in found)
    return Cost(len(every), median(every), p25, p75, ratio, min(by_round), max(by_round), median(added))


def added_per(costs: Costs, name: str, endpoint: str) -> float:
    """Microseconds that `name` adds to a query (of /n1) or a get (of /cached), without the request's own."""
    share = ENDPOINTS[endpoint].queries or ENDPOINTS[endpoint].gets
    return (costs[endpoint][name].added_us - costs["empty"][name].added_us) / share
