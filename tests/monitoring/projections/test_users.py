"""A project's own prometheus_client metrics: whole under many processes, and after them."""

import multiprocessing

import pytest
from prometheus_client import REGISTRY, Counter, Enum, Gauge, Histogram, Info, Summary, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from monitoring.exposition import registry
from monitoring.projections.users import _collectors

forking = multiprocessing.get_context("fork")
ORDERS = Counter("test_orders", "Orders.", ["kind"], registry=None)
PLAIN = Counter("test_plain", "Plain.", registry=None)
WAIT = Histogram("test_wait_seconds", "Wait.", ["kind"], buckets=(0.1, 1.0), registry=None)
SIZE = Summary("test_size_bytes", "Size.", registry=None)
GAUGES = {
    mode: Gauge(f"test_gauge_{mode}", "Now.", multiprocess_mode=mode, registry=None)
    for mode in ("all", "sum", "max", "min", "mostrecent")
}


def exposed():
    """{sample name and labels: value} of what a scrape shows of these tests' metrics."""
    families = text_string_to_metric_families(generate_latest(registry).decode())
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for one in families
        for sample in one.samples
        if sample.name.startswith("test_")
    }


def work(value):
    ORDERS.labels("new").inc(value)
    PLAIN.inc()
    WAIT.labels("x").observe(value)
    SIZE.observe(value)


def in_child(function, *args):
    child = forking.Process(target=function, args=args)
    child.start()
    child.join(20)
    assert child.exitcode == 0


def test_counters_histograms_and_summaries_of_all_processes_and_of_the_gone():
    work(0.5)
    for _ in range(3):
        in_child(work, 2)
    found = exposed()
    assert found[("test_orders_total", ("kind", "new"))] == 6.5
    assert found[("test_plain_total",)] == 4
    assert found[("test_wait_seconds_bucket", ("kind", "x"), ("le", "1.0"))] == 1
    assert found[("test_wait_seconds_bucket", ("kind", "x"), ("le", "+Inf"))] == 4
    assert found[("test_wait_seconds_count", ("kind", "x"))] == 4
    assert found[("test_wait_seconds_sum", ("kind", "x"))] == 6.5
    assert (found[("test_size_bytes_count",)], found[("test_size_bytes_sum",)]) == (4, 6.5)


def set_and_hold(value, ready, leave):
    for gauge in GAUGES.values():
        gauge.set(value)
    ready.set()
    leave.wait(20)


def test_gauges_count_living_processes_by_their_mode():
    ready, leave = forking.Event(), forking.Event()
    for gauge in GAUGES.values():
        gauge.set(1)
    child = forking.Process(target=set_and_hold, args=(5, ready, leave))
    child.start()
    assert ready.wait(20)
    found = exposed()
    leave.set()
    child.join(20)
    assert [found[(f"test_gauge_{mode}",)] for mode in ("sum", "max", "min", "mostrecent")] == [6, 5, 1, 5]
    assert sorted(value for key, value in found.items() if key[0] == "test_gauge_all") == [1, 5]
    assert exposed()[("test_gauge_sum",)] == 1


class Computed(Collector):
    def collect(self):
        yield GaugeMetricFamily("test_computed", "Computed at the scrape.", value=7)


def test_a_collector_of_the_projects_own_is_asked_at_the_scrape():
    collector = Computed()
    REGISTRY.register(collector)
    try:
        assert exposed()[("test_computed",)] == 7
    finally:
        REGISTRY.unregister(collector)


def test_what_speaks_of_one_process_only_is_left_out():
    assert "process_cpu_seconds_total" not in generate_latest(registry).decode()
    assert all(type(one).__module__ != "prometheus_client.gc_collector" for one in _collectors())


def test_info_and_enum_stay_usable():
    Info("test_build", "Build.", registry=None).info({"version": "1"})
    Enum("test_state", "State.", states=["a", "b"], registry=None).state("b")


def test_reading_a_metric_back_gives_this_process_value():
    PLAIN.inc(2)
    assert PLAIN._value.get() == 2


def test_a_slot_without_room_counts_in_the_process(monkeypatch):
    monkeypatch.setattr("monitoring.cells.slot.CELLS", 1)
    counter = Counter("test_no_room", "No room.", registry=None)
    counter.inc()
    counter.inc()
    assert counter._value.get() == 2


@pytest.mark.parametrize("variable", ["PROMETHEUS_MULTIPROC_DIR"])
def test_prometheus_clients_own_sharing_is_respected(monkeypatch, tmp_path, variable):
    monkeypatch.setenv(variable, str(tmp_path))
    generate_latest(registry)  # reads that folder, which is empty
    assert not [name for name in exposed() if name[0] == "test_plain_total"]
