"""Traces: the slowest and the broken runs, bounded, in order, without values."""

import pytest
from django.core.cache import caches
from django.db import connection

from monitoring import operation, traces
from monitoring.record import MAX_STEPS

pytestmark = pytest.mark.django_db
LABELS = ("block", "work", "system")


@pytest.fixture(autouse=True)
def forget():
    traces.forget()
    yield
    traces.forget()


def execute(value):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s", (value,))


def test_steps_in_order_with_nested_blocks_and_without_values():
    with operation("work"):
        execute("secret-1")
        with operation("inner", operation_class="sync"):
            caches["default"].get("secret-2")
            execute("secret-3")
        execute("secret-4")
    (trace,) = traces.traces(LABELS)
    assert [(step.kind, step.what) for step in trace.steps] == [
        ("query", "SELECT ?"), ("block", "inner"), ("cache", "get miss"), ("query", "SELECT ?"),
        ("query", "SELECT ?"),
    ]  # fmt: skip
    assert [step.start_ns for step in trace.steps] == sorted(step.start_ns for step in trace.steps)
    assert all(0 <= step.start_ns <= trace.duration_ns for step in trace.steps)
    assert "secret" not in repr(trace)


def run(milliseconds, *, broken=False):
    with operation("work") as record:
        record.start_ns -= milliseconds * 1_000_000
    return record


def test_of_many_runs_the_slowest_are_kept():
    for milliseconds in (5, 900, 1, 700, 800, 2, 3):
        run(milliseconds)
    kept = [round(trace.duration_ns / 1e6, -2) for trace in traces.traces(LABELS)]
    assert kept == [900, 800, 700]


def test_a_broken_run_is_kept_though_it_is_fast():
    for _ in range(5):
        run(900)
    with pytest.raises(ValueError, match="no"), operation("work"):
        raise ValueError("no")
    assert [trace.breaches for trace in traces.traces(LABELS)][-1] == ("errors",)


def test_what_is_older_than_an_hour_is_forgotten():
    with operation("work") as old:
        pass
    book = traces._books[LABELS]
    duration, order, trace = book.slowest[0]
    import dataclasses

    book.oldest = 0.0
    book.slowest[0] = (
        duration,
        order,
        dataclasses.replace(trace, started_at=old.started_at - traces.KEPT_S - 1),
    )
    assert traces.traces(LABELS) == []


def test_steps_are_bounded_and_what_is_cut_is_said():
    with operation("work"):
        for _ in range(MAX_STEPS + 7):
            execute(1)
    (trace,) = traces.traces(LABELS)
    assert (len(trace.steps), trace.cut) == (MAX_STEPS, 7)


def test_operations_are_bounded(monkeypatch):
    monkeypatch.setattr(traces, "MAX_OPERATIONS", 3)
    for i in range(6):
        with operation(f"work {i}"):
            pass
    assert len(traces._books) == 3


def test_without_sampling_nothing_is_kept_and_counts_are_exact(settings, ended):
    settings.TACHOGRAPH = settings.TACHOGRAPH | {"TRACE_SAMPLE": 0.0}
    with operation("work"):
        execute(1)
    assert traces.traces(LABELS) == []
    assert ended[0].queries == 1
