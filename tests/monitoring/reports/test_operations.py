"""What operations cost, what they promised, and what needs somebody."""

from datetime import timedelta

import pytest
from django.utils import timezone

from monitoring import operation as block
from monitoring.errors import NotFoundError, ReportError
from monitoring.reports import attention, budgets, caches, operations, recorder
from monitoring.reports.windows import window
from monitoring.store import models as store
from monitoring.store.batch import Batch
from monitoring.store.write import write
from monitoring.testing import recorded

from . import month
from .runs import Ended, Run, add

NAME = "GET /api/things"


@pytest.fixture
def now(db):
    return timezone.now()


def test_every_figure_is_that_of_the_runs(now):
    sums = {
        "queries": 4,
        "database_s": 0.02,
        "cpu_s": 0.01,
        "cpu_runs": 1,
        "cache_hits": 3,
        "cache_misses": 1,
    }
    add(
        Ended(now, 0.1, sums=sums),
        Ended(now - timedelta(minutes=3), 0.3, sums={"errors": 1, "queries": 8, "duplicates": 2}),
        Ended(now - timedelta(minutes=20), 0.2),
    )
    [found] = operations.operations(window("15m"))
    assert (found.name, found.operation_class, found.kind) == (NAME, "list", "request")
    assert (found.now.runs, found.now.errors, found.now.error_rate) == (2, 1, 0.5)
    assert found.now.mean_ms == pytest.approx(200)
    assert found.now.max_ms == pytest.approx(300)
    assert found.now.database_ms == pytest.approx(10)
    assert found.now.cpu_ms == pytest.approx(10)
    assert (found.now.queries_per_run, found.now.duplicates) == (6, 2)
    assert found.now.hit_rate == 0.75
    assert found.before.runs == 1
    assert found.change("runs") == pytest.approx(1)
    assert found.change("hit_rate") is None


def test_what_was_promised_and_not_kept(now):
    slow = {"broke_queries": 1, "queries": 9, "broke_latency": 1}
    add(*(Ended(now, 0.4, sums=slow) for _ in range(3)), Ended(now, 0.01, "GET /fine"))
    broken, fine = operations.operations(window("15m"), sort="broken")
    assert [one.budget for one in broken.broken] == ["queries", "latency"]
    queries, latency = broken.broken
    assert (queries.level, queries.runs, queries.limit, queries.measured) == ("error", 3, 5, 9)
    assert (latency.level, latency.limit, latency.unit) == ("warn", 200, "ms")
    assert latency.measured > 200
    assert fine.broken == ()


def test_rates_are_held_against_all_runs(now):
    """One failure of 200 keeps a promise of 1 %, whatever that run itself broke."""
    add(Ended(now, 0.01, sums={"runs": 200, "errors": 1, "broke_errors": 1}))
    assert operations.operations(window("15m"))[0].broken == ()
    add(Ended(now, 0.01, sums={"errors": 5, "broke_errors": 5}))
    [found] = operations.operations(window("15m"))[0].broken
    assert (found.budget, found.runs) == ("errors", 6)


def test_a_hit_rate_is_promised_to_be_high(now):
    """The budget of this operation, in the project's own file, is 80 % of its look-ups."""
    name = "GET /api/coverage/municipalities"
    add(Ended(now, 0.01, name, sums={"cache_hits": 7, "cache_misses": 3, "broke_cache": 1}))
    [found] = operations.operations(window("15m"))[0].broken
    assert (found.budget, found.measured, found.limit) == ("cache", 0.7, 0.8)
    add(Ended(now, 0.01, name, sums={"cache_hits": 20}))
    assert operations.operations(window("15m"))[0].broken == ()


def test_classes_sum_up_their_operations(now):
    add(
        Ended(now, 0.1, "GET /a"),
        Ended(now, 0.9, "GET /b", sums={"broke_queries": 1}),
        Ended(now, 0.1, "POST /a", "write"),
        Ended(now, 0.1, "odd", "unheard-of"),
    )
    found = {one.operation_class: one for one in operations.classes(window("1h"))}
    assert list(found) == ["list", "write", "unheard-of"]
    assert (found["list"].operations, found["list"].now.runs) == (2, 2)
    assert found["list"].now.max_ms == pytest.approx(900)
    assert found["list"].broken == {"queries": 1, "latency": 1}


def test_search_class_and_sort(now):
    add(Ended(now, 0.1, "GET /a"), Ended(now, 0.9, "GET /b", "detail"))
    assert [one.name for one in operations.operations(window("1h"), search="/A")] == ["GET /a"]
    assert [one.name for one in operations.operations(window("1h"), operation_class="detail")] == ["GET /b"]
    assert [one.name for one in operations.operations(window("1h"), sort="name")] == ["GET /a", "GET /b"]
    with pytest.raises(ReportError, match="choose one of impact"):
        operations.operations(window("1h"), sort="worst")


def test_one_operation_with_all_that_hangs_on_it(now):
    add(Ended(now, 0.1), Ended(now - timedelta(minutes=2), 0.3), Run(now, times=[0.05]))
    key = store.OperationKey.objects.get(name=NAME)
    store.TraceSample.objects.create(
        operation=key, at=now, duration_s=0.3, status="200", breaches=["latency"],
        steps=[[0.01, 0.05, "query", "default", "SELECT ?"]],
    )  # fmt: skip
    found = operations.operation(key.pk, window("15m"))
    assert found.figures.now.runs == 2
    assert [point.runs for point in found.points if point.runs] == [1, 1]
    assert len(found.points) == 15
    assert [one.calls for one in found.queries] == [1]
    assert found.traces[0].steps[0].start_ms == pytest.approx(10)
    assert found.traces[0].breaches == ("latency",)
    with pytest.raises(NotFoundError):
        operations.operation(key.pk + 1_000, window("15m"))


def test_what_needs_somebody_says_what_where_since_when_and_what_to_do(now):
    earlier = now - timedelta(minutes=9)
    add(
        Ended(now, 0.01, sums={"broke_queries": 1, "queries": 30}),
        Ended(earlier, 0.01, sums={"broke_queries": 1, "queries": 30}),
        Run(now, "00000000000000aa", [0.3], place="slow_view"),
        Run(now, "00000000000000bb", [0.001] * 25, place="loop", nplusone=True),
    )
    found = {one.kind: one for one in attention.attention(window("15m"))}
    assert found.keys() == {"queries", "slow_query", "nplusone"}
    assert [one.level for one in attention.attention(window("15m"))] == ["error", "error", "warn"]
    assert found["queries"].what == f"{NAME}: 2 runs took more than 5 queries"
    assert found["queries"].since == earlier.replace(second=0, microsecond=0)
    assert found["queries"].fingerprint == "00000000000000bb"
    assert found["nplusone"].where == "things/views.py:41"
    assert "25 times" in found["nplusone"].what
    assert "300 ms" in found["slow_query"].what
    assert all(one.advice for one in found.values())
    store.Query.objects.update(muted_at=now)
    assert {one.kind for one in attention.attention(window("15m"))} == {"queries"}


def test_caches_by_alias_command_family_and_operation(now):
    calls = [("get", "", "hit", 8), ("get", "", "miss", 2), ("set", "", "ok", 2), ("", "things", "miss", 2),
             ("", "things", "hit", 8), ("get", "", "error", 1)]  # fmt: skip
    rows = [
        {"alias": "default", "command": command, "family": family, "result": result, "calls": number}
        for command, family, result, number in calls
    ]
    from django.db import connection

    with connection.cursor() as cursor:
        write(cursor, Batch(now.timestamp(), caches=rows))
    add(Ended(now, sums={"cache_hits": 8, "cache_misses": 2}))
    found = caches.caches(window("1h"))
    [alias] = found.aliases
    assert (alias.calls, alias.hits, alias.misses, alias.errors, alias.hit_rate) == (13, 8, 2, 1, 0.8)
    assert [(one.name, one.calls) for one in found.commands] == [("get", 11), ("set", 2)]
    assert [(one.name, one.hit_rate) for one in found.families] == [("things", 0.8)]
    assert [(one.name, one.hit_rate) for one in found.operations] == [(NAME, 0.8)]
    assert sum(point.hits for point in found.points) == 8


def test_budgets_with_thresholds_and_gate_runs(now):
    add(Ended(now, 0.9))
    store.GateRun.objects.create(
        at=now, revision="8d1f", outcome="broken", operations=2, broken=1, report={"exit_code": 1}, by="ci"
    )
    found = budgets.budgets(window("1h"))
    assert [one.name for one in found.operations] == [NAME]
    assert "pg_connections" in {one.name for one in found.thresholds}
    assert [(one.revision, one.report) for one in found.gate_runs] == [("8d1f", None)]
    assert budgets.gate_run(found.gate_runs[0].id).report == {"exit_code": 1}
    assert found.faults == []


def test_the_recorder_tells_of_itself(now):
    add(Run(now))
    found = recorder.recorder()
    assert found.recording
    assert found.metrics["tacho_recorder_errors"] == 0
    assert "tachograph_query_period" in {table.name for table in found.tables}
    assert found.total_bytes == sum(table.bytes for table in found.tables)
    assert [rows for _, rows in found.rows_per_day] == [1]


def test_an_overview_takes_as_many_statements_for_ten_times_the_data(db):
    numbers = []
    for fingerprints in (40, 400):
        month.clear()
        month.seed(fingerprints, fingerprints // 4, **month.FEW)
        one = store.OperationKey.objects.first()
        with recorded() as ended:
            with block("overview"):
                ran = operations.operations(window("24h"))
                operations.classes(window("24h"), ran)
                attention.attention(window("24h"), ran)
            with block("endpoint"):
                operations.operation(one.pk, window("24h"))
            with block("others"):
                caches.caches(window("24h"))
                budgets.budgets(window("24h"))
                recorder.recorder()
        numbers.append([operation.queries for operation in ended])
    assert numbers[0] == numbers[1]
    assert max(numbers[0]) <= 12
