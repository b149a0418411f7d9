"""A batch is added to its minute, hour and day: once, in as many statements for a row as for many."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from monitoring.store import write as write_module
from monitoring.store.batch import OPERATION_COUNTS, OPERATION_SECONDS, Batch
from monitoring.store.models import (
    Acknowledgement,
    CachePeriod,
    Level,
    Location,
    OperationPeriod,
    Query,
    QueryPeriod,
    QuerySample,
    TraceSample,
)

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 5, 4, 12, 30, 20, tzinfo=UTC)
LABELS = {"kind": "request", "name": "GET /x", "operation_class": "list"}


def operation(**given):
    sums = dict.fromkeys((*OPERATION_COUNTS, *OPERATION_SECONDS), 0)
    row = {**LABELS, **sums, "bounds": "0.1,1", "histogram": [0, 0, 0], "duration_max_s": 0.0}
    return row | given


def query(fingerprint="f" * 16, **given):
    row = {
        **LABELS, "fingerprint": fingerprint, "module": "shop.views", "function": "books", "nested": False,
        "bounds": "0.1,1", "histogram": [1, 0, 0], "duration_max_s": 0.05, "runs": 1, "rows": 3, "slow": 0,
        "duplicates": 0, "nplusone": 0, "nplusone_runs": 0, "duration_s": 0.05,
    }  # fmt: skip
    return row | given


def batch(at=NOON, queries=(), **rows):
    statements = [
        {"fingerprint": found, "sql": "SELECT ?", "kind": "read", "alias": "default", "tables": []}
        for found in {row["fingerprint"] for row in queries}
    ]
    locations = [{"module": "shop.views", "function": "books", "file": "shop/views.py", "line": 7}]
    return Batch(at.timestamp(), queries=list(queries), statements=statements, locations=locations, **rows)


def test_a_row_counts_in_its_minute_its_hour_and_its_day(add):
    add(batch(operations=[operation(runs=2, histogram=[1, 0, 1], duration_s=3.0, duration_max_s=2.9)]))
    add(batch(operations=[operation(runs=1, histogram=[0, 1, 0], duration_s=0.5, duration_max_s=0.5)]))
    add(batch(NOON + timedelta(minutes=1), operations=[operation(runs=1, histogram=[1, 0, 0])]))
    found = {
        (row.level, row.start): (row.runs, row.histogram, row.duration_max_s, row.duration_s)
        for row in OperationPeriod.objects.all()
    }
    assert found == {
        (Level.MINUTE, datetime(2026, 5, 4, 12, 30, tzinfo=UTC)): (3, [1, 1, 1], 2.9, 3.5),
        (Level.MINUTE, datetime(2026, 5, 4, 12, 31, tzinfo=UTC)): (1, [1, 0, 0], 0.0, 0.0),
        (Level.HOUR, datetime(2026, 5, 4, 12, tzinfo=UTC)): (4, [2, 1, 1], 2.9, 3.5),
        (Level.DAY, datetime(2026, 5, 4, tzinfo=UTC)): (4, [2, 1, 1], 2.9, 3.5),
    }


def test_a_batch_that_is_sent_again_counts_once(add):
    twice = batch(queries=[query()], caches=[cache(7)])
    first, second = add(twice), add(twice)
    assert (first.rows["queries"], first.rows["caches"], second.rows) == (3, 3, {})
    assert QueryPeriod.objects.get(level=Level.MINUTE).runs == 1
    assert CachePeriod.objects.get(level=Level.DAY).calls == 7


def cache(calls):
    return {"alias": "default", "command": "get", "family": "", "result": "hit", "calls": calls}


def test_names_stand_once_and_a_line_that_moved_is_brought_up_to_date(add):
    add(batch(queries=[query(), query("e" * 16), query(nested=True)]))
    moved = batch(queries=[query()])
    moved.locations[0]["line"] = 99
    add(moved)
    assert Location.objects.get().line == 99
    assert {row.fingerprint for row in Query.objects.all()} == {"f" * 16, "e" * 16}
    assert QueryPeriod.objects.filter(level=Level.MINUTE).count() == 3


def test_a_flush_asks_as_often_for_ten_times_the_rows(add):
    def asked(number):
        rows = [query(f"{number:08x}{row:08x}") for row in range(number)]
        operations = [operation(name=f"GET /{number}/{row}") for row in range(number)]
        traces = [trace(name=f"GET /{number}/{row}") for row in range(number)]
        caches = [cache(1) | {"family": f"{row}"} for row in range(number)]
        full = batch(
            queries=rows, operations=operations, traces=traces, caches=caches, samples=[sample(rows[0])]
        )
        with CaptureQueriesContext(
            connection,
        ) as captured:
            add(full)
        return len(captured)

    assert asked(5) == asked(50)


def sample(row):
    keys = ("fingerprint", "module", "function", "kind", "name", "operation_class")
    return {key: row[key] for key in keys} | {
        "at": NOON.timestamp(), "duration_s": 0.3, "rows": 4, "request_id": "r-1", "trace_id": "",
    }  # fmt: skip


def trace(**given):
    row = {
        **LABELS, "at": NOON.timestamp(), "duration_s": 0.4, "status": "200", "breaches": ["latency"],
        "request_id": "r-1", "trace_id": "", "steps": [[0.0, 0.3, "query", "default", "SELECT ?"]], "cut": 0,
    }  # fmt: skip
    return row | given


def test_samples_and_traces(add):
    add(batch(queries=[query()], samples=[sample(query())], traces=[trace()]))
    kept = QuerySample.objects.get()
    assert (kept.query_id, kept.at, kept.duration_s, kept.rows) == ("f" * 16, NOON, 0.3, 4)
    assert (kept.location.module, kept.operation.name, kept.request_id) == ("shop.views", "GET /x", "r-1")
    drawn = TraceSample.objects.get()
    assert (drawn.operation.name, drawn.status, drawn.breaches) == ("GET /x", "200", ["latency"])
    assert drawn.steps == [[0.0, 0.3, "query", "default", "SELECT ?"]]


def test_statements_over_the_limit_are_left_out_and_their_runs_are_told(add, monkeypatch):
    monkeypatch.setattr(write_module, "MAX_QUERIES", 2)
    rows = [query(f"{row:016x}", runs=row + 1) for row in range(5)]
    written = add(batch(queries=rows))
    assert Query.objects.count() == 2
    kept = sum(QueryPeriod.objects.filter(level=Level.MINUTE).values_list("runs", flat=True))
    assert (kept, written.left_out) == (1 + 2, 3 + 4 + 5)


@pytest.mark.parametrize(
    ("acknowledged", "slow_before", "reopens"),
    [
        (timedelta(hours=3), timedelta(minutes=90), True),
        (timedelta(hours=3), None, True),
        (timedelta(hours=3), timedelta(minutes=20), False),  # it never was quiet for an hour
        (timedelta(minutes=10), timedelta(hours=5), False),  # nobody had the time to mend it
    ],
)
def test_an_acknowledgement_reopens_when_the_query_is_slow_again_after_a_quiet_hour(
    add, acknowledged, slow_before, reopens
):
    add(batch(NOON - timedelta(days=1), queries=[query(slow=1)]))
    Acknowledgement.objects.create(
        query_id="f" * 16, location=Location.objects.get(), at=NOON - acknowledged, by="ana"
    )
    if slow_before is not None:
        Acknowledgement.objects.update(reopened_at=None)
        add(batch(NOON - slow_before, queries=[query(slow=1)]))
        Acknowledgement.objects.update(reopened_at=None)
    add(batch(queries=[query(slow=0)]))
    assert Acknowledgement.objects.get().reopened_at is None
    add(batch(queries=[query(slow=2)]))
    found = Acknowledgement.objects.get().reopened_at
    assert found == (NOON if reopens else None)
