"""From blocks to figures, with numbers that can be reckoned by hand."""

import pytest

from bench.figures import added_per, summarise
from bench.race import Block, RaceError, Racer


def blocks(endpoint, **ns):
    """Two cycles, the second on a machine half as fast; each contestant with a constant time."""
    for cycle, slowness in enumerate((1, 2)):
        for name, value in ns.items():
            yield Block(name, endpoint, 0, cycle, (value * slowness,) * 4)


def test_a_ratio_is_that_within_a_cycle_however_slow_the_machine_was():
    cost = summarise(blocks("empty", bare=1_000, ours=1_500))["empty"]["ours"]
    assert cost.ratio == cost.ratio_low == cost.ratio_high == 1.5
    assert cost.requests == 8
    assert (cost.p25_us, cost.p75_us) == (1.5, 3.0)


def test_what_a_query_takes_is_without_what_the_request_takes():
    costs = summarise(
        [
            *blocks("empty", bare=1_000, ours=2_000),
            *blocks("n1", bare=10_000, ours=10_000 + 2_000 + 51 * 3_000),
        ]
    )
    # (the second cycle doubles the differences: the median of 1 and 2 times)
    assert added_per(costs, "ours", "n1") == pytest.approx((1_000 + 51 * 3_000) * 1.5 / 51 / 1e3)


@pytest.mark.parametrize("recorded", [{"queries": 50}, {"requests": 1, "queries": 52}])
def test_one_that_did_not_record_what_was_done_ends_the_run(recorded):
    racer = Racer("prometheus", {})
    racer._ask = lambda _: {"recorded": recorded, "done": {"requests": 1, "queries": 51}}
    with pytest.raises(RaceError, match="django-prometheus recorded"):
        racer.check()
