"""The difference that something makes, told from the least of many interleaved blocks."""

import timeit
from collections.abc import Callable


def added_ns(
    recorded: Callable[[], object], bare: Callable[[], object], *, units: int, repeats: int, number: int = 200
) -> float:
    """Nanoseconds that `recorded` takes more than `bare`, for each of the `units` that one call has.

    The least of a block's times is what the work takes; anything beyond is what else the machine did.
    """
    best = [float("inf"), float("inf")]
    for function in (recorded, bare):
        timeit.timeit(function, number=number)
    for _ in range(repeats):
        for place, function in enumerate((recorded, bare)):
            best[place] = min(best[place], timeit.timeit(function, number=number))
    return (best[0] - best[1]) / number / units * 1e9
