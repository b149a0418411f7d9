"""Histograms add up, and their percentiles are Prometheus'."""

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.reports.histograms import EMPTY, Histogram, bounds_of, merged

from .runs import counts

BOUNDS = (0.001, 0.005, 0.01, 0.1, 0.2, 0.5, 1.0)
TIMES = st.lists(st.floats(0.0001, 3.0), max_size=60)


def histogram(times, bounds=BOUNDS):
    return Histogram(bounds, tuple(counts(bounds, times)))


@given(st.lists(TIMES, max_size=6), st.floats(0.01, 0.999))
def test_the_percentile_of_merged_histograms_is_that_of_one_over_all_runs(parts, share):
    one = histogram([seconds for part in parts for seconds in part])
    assert merged(map(histogram, parts)).percentile(share) == one.percentile(share)


@given(TIMES.filter(bool), st.floats(0.01, 0.999))
def test_a_percentile_lies_in_the_bucket_of_the_run_it_stands_for(times, share):
    ranked = sorted(times)
    true = ranked[next(at for at in range(len(ranked)) if at + 1 >= share * len(ranked))]
    found = histogram(times).percentile(share)
    upper = next((bound for bound in BOUNDS if true <= bound), None)
    if upper is None:
        assert found == BOUNDS[-1]
    else:
        lower = max((bound for bound in BOUNDS if bound < upper), default=0.0)
        assert lower <= found <= upper + 1e-12


@pytest.mark.parametrize(
    ("buckets", "share", "expected"),
    [
        ((10, 0, 0), 0.5, 0.05),  # the first bucket begins at 0
        ((0, 10, 0), 0.5, 0.15),
        ((5, 5, 0), 0.5, 0.1),
        ((5, 5, 0), 0.9, 0.18),
        ((0, 0, 10), 0.5, 0.2),  # beyond the last bound: the last bound
        ((0, 0, 0), 0.5, None),
    ],
)
def test_the_interpolation_is_that_of_histogram_quantile(buckets, share, expected):
    found = Histogram((0.1, 0.2), buckets).percentile(share)
    assert found == (None if expected is None else pytest.approx(expected))


def test_no_histogram_has_no_percentile():
    assert merged([]) == EMPTY
    assert EMPTY.percentile(0.95) is None


@given(TIMES, TIMES)
def test_histograms_of_other_bounds_keep_their_runs_and_what_both_know_exactly(first, second):
    """A budget that changes brings other bounds. At a bound of both the count is exact."""
    finer = tuple(sorted({*BOUNDS, 0.05, 0.3}))
    both = merged([histogram(first), histogram(second, finer)])
    assert sum(both.counts) == pytest.approx(len(first) + len(second))
    below = dict(zip(both.bounds, accumulate(both.counts), strict=False))
    for bound in set(BOUNDS) & below.keys():
        assert below[bound] == pytest.approx(sum(seconds <= bound for seconds in [*first, *second]))


def test_bounds_are_read_as_they_are_stored():
    assert bounds_of("0.005,0.1,2.5") == (0.005, 0.1, 2.5)
    assert bounds_of("") == ()


def test_no_percentile_is_above_the_longest_run():
    alone = Histogram((1.0, 2.5), (0, 1, 0))
    assert alone.percentile(0.5) == 1.75
    assert alone.percentile(0.5, 1.2) == 1.1
    assert alone.percentile(1.0, 1.2) == 1.2
    assert alone.percentile(0.5, 0.8) == 1.75  # a longest run that its own bucket contradicts is not known
    assert Histogram((1.0,), (0, 1)).percentile(0.5, 9.0) == 9.0
