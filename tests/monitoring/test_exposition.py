"""Histograms kept with other bounds are projected: totals exact, no bound says more than is known."""

from bisect import bisect_left
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from monitoring import catalog, totals
from monitoring.cells import process
from monitoring.cells.family import family
from monitoring.exposition import registry
from monitoring.projections.histograms import project

bounds = st.lists(st.integers(1, 100).map(float), min_size=1, max_size=8, unique=True).map(
    lambda b: tuple(sorted(b))
)


@given(bounds, bounds, st.lists(st.floats(0, 120), max_size=40))
def test_projection_is_monotone_exact_where_bounds_agree_and_never_too_much(kept, wanted, values):
    cells = [0.0] * (len(kept) + 2)
    for value in values:
        cells[bisect_left(kept, value)] += 1
    found = project(kept, cells, wanted)
    assert found == sorted(found)
    for bound, count in zip(wanted, found, strict=True):
        true = sum(value <= bound for value in values)
        assert count == true if bound in kept else count <= true


def test_figures_of_an_earlier_deploy_with_other_bounds_are_kept():
    from prometheus_client import generate_latest

    new = catalog.QUERY_DURATION
    old = catalog.Metric(new.name, new.type, new.help, new.labels, (0.1, 7.0))
    with process.lock:
        totals.observe(old, 0.05, "default")
        totals.observe(old, 3.0, "default")
        totals.observe(new, 0.05, "default")
    text = generate_latest(registry).decode()
    assert 'tacho_db_query_duration_seconds_bucket{alias="default",le="0.1"} 2.0' in text
    assert 'tacho_db_query_duration_seconds_bucket{alias="default",le="5.0"} 2.0' in text
    assert 'tacho_db_query_duration_seconds_count{alias="default"} 3.0' in text


def test_every_latency_objective_is_a_bound():
    from monitoring.budgets import budgets

    objectives = budgets().latency_bounds()
    assert objectives
    assert set(objectives) <= set(catalog.operation_duration().bounds)


def test_what_is_exposed_parses_and_cumulates():
    from prometheus_client import generate_latest

    with process.lock:
        for value in (0.0005, 0.3, 100):
            totals.observe(catalog.QUERY_DURATION, value, 'a "quoted" \\ alias')
    families = {one.name: one for one in text_string_to_metric_families(generate_latest(registry).decode())}
    buckets = [
        s.value for s in families["tacho_db_query_duration_seconds"].samples if s.name.endswith("_bucket")
    ]
    assert buckets == sorted(buckets)
    assert buckets[-1] == 3
    assert list(accumulate([1, 0, 0], max))[-1] == buckets[0]


def test_names_are_written_once():
    names = [metric.name for metric in catalog.metrics()]
    assert len(names) == len(set(names))
    assert family(catalog.metrics()[0]) is family(catalog.metrics()[0])
