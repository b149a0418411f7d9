"""What statements cost: every figure equals the runs that were stored."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from monitoring import catalog, operation
from monitoring.errors import NotFoundError, ReportError
from monitoring.reports.histograms import Histogram
from monitoring.reports.queries import nplusones, queries, query
from monitoring.reports.windows import window
from monitoring.store import models as store
from monitoring.testing import recorded

from . import month
from .runs import SLOW_S, Run, add, counts

A, B, C = "00000000000000aa", "00000000000000bb", "00000000000000cc"


@pytest.fixture
def now(db):
    """The report's own clock: figures are told up to now."""
    from django.utils import timezone

    return timezone.now()


RUNS = st.lists(
    st.builds(
        lambda ago, fingerprint, times, place, operation: (ago, fingerprint, times, place, operation),
        ago=st.integers(0, 8 * 24 * 60),
        fingerprint=st.sampled_from([A, B]),
        times=st.lists(st.floats(0.0005, 2.0), min_size=1, max_size=4),
        place=st.sampled_from(["list", "detail"]),
        operation=st.sampled_from(["GET /a", "GET /b"]),
    ),
    max_size=12,
)


class TestTruth(TestCase):
    """Rows that the store wrote, at any minute of eight days."""

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(RUNS, st.sampled_from(["15m", "1h", "6h", "24h", "7d"]))
    def test_the_list_is_the_sum_of_its_runs(self, drawn, name):
        frame = window(name)
        runs = [
            Run(frame.end - timedelta(minutes=ago, seconds=30), fingerprint, times, operation, place)
            for ago, fingerprint, times, place, operation in drawn
        ]
        add(*runs)
        within = [run for run in runs if frame.start <= run.at < frame.end]
        found = {one.fingerprint: one for one in queries(frame).rows}
        assert found.keys() == {run.fingerprint for run in within}
        for fingerprint, one in found.items():
            mine = [run for run in within if run.fingerprint == fingerprint]
            times = [seconds for run in mine for seconds in run.times]
            truth = Histogram(catalog.QUERY_BOUNDS, tuple(counts(catalog.QUERY_BOUNDS, times)))
            assert one.calls == len(times)
            assert one.rows == 3 * len(times)
            assert one.slow == sum(seconds >= SLOW_S for seconds in times)
            assert one.total_ms == pytest.approx(sum(times) * 1e3)
            assert one.mean_ms == pytest.approx(sum(times) / len(times) * 1e3)
            assert one.max_ms == pytest.approx(max(times) * 1e3)
            assert one.p95_ms == pytest.approx(truth.percentile(0.95, max(times)) * 1e3)
            assert set(one.operations) == {run.operation for run in mine}
            assert {place.function for place in one.places} == {run.place for run in mine}


@pytest.mark.parametrize("name", ["15m", "1h", "6h", "24h", "7d"])
def test_no_run_at_an_edge_is_lost_or_counted_twice(now, name):
    """Runs in the minutes around both ends of the window and of each whole hour and day in it."""
    frame = window(name, now)
    hours = {frame.start.replace(minute=0) + number * timedelta(hours=1) for number in range(30)}
    midnights = {frame.start.replace(hour=0, minute=0) + number * timedelta(days=1) for number in range(9)}
    minute = timedelta(minutes=1)
    moments = {
        edge + offset
        for edge in (frame.start, frame.end, *hours, *midnights)
        for offset in (-minute, 0 * minute)
    }
    past = sorted(moment for moment in moments if moment < frame.end)
    add(*(Run(moment) for moment in past))
    expected = sum(moment >= frame.start for moment in past)
    assert queries(frame).rows[0].calls == expected


def test_the_totals_are_over_all_pages(now):
    add(*(Run(now, f"{number:016x}", [0.01 * (number + 1)]) for number in range(7)))
    first, last = (queries(window("15m"), page=page, limit=3) for page in (1, 3))
    assert [one.fingerprint for one in first.rows] == [f"{number:016x}" for number in (6, 5, 4)]
    assert [one.fingerprint for one in last.rows] == [f"{0:016x}"]
    for page in (first, last):
        assert (page.total, page.pages, page.totals.calls) == (7, 3, 7)
        assert page.totals.total_ms == pytest.approx(280)
    assert queries(window("15m"), page=4, limit=3).rows == []
    assert sum(one.share for one in queries(window("15m")).rows) == pytest.approx(1)


def test_a_nested_operation_counts_once_in_the_sum_and_in_its_own_list(now):
    add(Run(now, A, [0.01], "GET /outer"), Run(now, A, [0.01], "inner", nested=True))
    assert queries(window("15m")).rows[0].calls == 1
    assert queries(window("15m"), operation="inner").rows[0].calls == 1
    assert queries(window("15m"), operation="GET /other").rows == []


@pytest.mark.parametrize(
    ("sort", "first"),
    [("total", B), ("calls", B), ("mean", A), ("max", A), ("slow", A), ("p95", A), ("nplusone", C)],
)
def test_it_is_sorted_by_what_is_asked(now, sort, first):
    add(Run(now, A, [0.3]), Run(now, B, [0.06] * 20), Run(now, C, [0.001] * 9, nplusone=True))
    assert queries(window("1h"), sort=sort).rows[0].fingerprint == first


def test_the_filters(now):
    add(Run(now, A, [0.3]), Run(now, B, [0.01]))
    assert [one.fingerprint for one in queries(window("1h"), min_ms=100).rows] == [A]
    assert [one.fingerprint for one in queries(window("1h"), search="select " + B).rows] == [B]
    assert [one.fingerprint for one in queries(window("1h"), search=A).rows] == [A]
    assert queries(window("1h"), search="%").rows == []
    for wrong in ({"sort": "worst"}, {"state": "shut"}):
        with pytest.raises(ReportError, match="choose one of"):
            queries(window("1h"), **wrong)


def test_the_state_is_of_what_is_slow(now):
    add(Run(now, A, [0.3], place="slow"), Run(now, A, [0.01], place="fast"), Run(now, B, [0.3]))
    slow = store.Location.objects.get(function="slow")
    said = store.Acknowledgement.objects.create(query_id=A, location=slow, at=now, by="amina")
    store.Query.objects.filter(pk=B).update(muted_at=now)
    assert {one.fingerprint: one.state for one in queries(window("1h")).rows} == {
        A: "acknowledged",
        B: "muted",
    }
    assert [one.fingerprint for one in queries(window("1h"), state="muted").rows] == [B]
    said.reopened_at = now
    said.save()
    assert [one.fingerprint for one in queries(window("1h"), state="open").rows] == [A]


def test_one_query_with_all_that_hangs_on_it(now):
    add(
        Run(now, A, [0.3, 0.1], "GET /a", "list"),
        Run(now, A, [0.02], "inner", "list", nested=True),
        Run(now - timedelta(minutes=3), A, [0.05], "GET /a", "detail"),
    )
    place = store.Location.objects.get(function="list")
    ran = store.OperationKey.objects.get(name="GET /a")
    store.QuerySample.objects.create(
        query_id=A, location=place, operation=ran, at=now, duration_s=0.3, rows=-1, request_id="r"
    )
    store.Plan.objects.create(query_id=A, at=now, plan={}, advice=[{"statement": "CREATE INDEX x"}])
    store.Deploy.objects.create(at=now, revision="8d1f", by="ci")
    found = query(A, window("15m"))
    assert (found.figures.calls, found.figures.sql) == (3, f"SELECT {A} FROM thing")
    assert found.figures.advice == ("CREATE INDEX x",)
    assert [(one.operation, one.place.function, one.calls, one.nested) for one in found.origins] == [
        ("GET /a", "list", 2, False), ("GET /a", "detail", 1, False), ("inner", "list", 1, True),
    ]  # fmt: skip
    assert sum(point.calls for point in found.points) == 3
    assert [(one.duration_ms, one.rows, one.request_id) for one in found.samples] == [(300, None, "r")]
    assert found.plan.advice[0]["statement"] == "CREATE INDEX x"
    assert [one.revision for one in found.deploys] == ["8d1f"]


def test_a_query_that_did_not_run_lately_still_has_its_page(now):
    add(Run(now - timedelta(days=3), A))
    found = query(A, window("1h"))
    assert (found.figures.calls, found.figures.p95_ms, found.origins) == (0, None, [])
    with pytest.raises(NotFoundError):
        query(B, window("1h"))


def test_an_nplusone_says_where_and_how_often(now):
    add(
        Run(now, A, [0.01] * 8, nplusone=True),
        Run(now, A, [0.01] * 6, nplusone=True),
        Run(now, A, [0.01] * 6, "inner", nplusone=True, nested=True),
        Run(now, B),
    )
    [found] = nplusones(window("15m"))
    assert (found.fingerprint, found.found, found.runs, found.per_operation) == (A, 2, 14, 7)
    assert (found.place.file, found.place.line, found.operation) == ("things/views.py", 41, "GET /api/things")
    assert (found.state, found.tables) == ("open", ("thing",))


def test_a_reset_leaves_earlier_runs_out_and_the_history_in(now):
    add(Run(now - timedelta(minutes=5), A, [0.3]), Run(now, A, [0.02]))
    store.Reset.objects.create(at=now.replace(second=0, microsecond=0), by="amina")
    assert queries(window("15m")).rows[0].calls == 1
    assert sum(point.calls for point in query(A, window("15m")).points) == 2
    store.Reset.objects.update(undone_at=now)
    assert queries(window("15m")).rows[0].calls == 2


@pytest.mark.parametrize("sort", ["total", "p95"])
def test_it_takes_as_many_statements_for_ten_times_the_data(db, sort):
    numbers = []
    for fingerprints in (20, 200):
        month.clear()
        month.seed(fingerprints, fingerprints // 4, **month.FEW)
        with recorded() as operations:
            with operation("list"):
                assert len(queries(window("7d"), sort=sort, limit=20).rows) == 20
            with operation("detail"):
                query("0" * 16, window("24h"))
            with operation("nplusones"):
                nplusones(window("24h"))
        numbers.append([ended.queries for ended in operations])
    assert numbers[0] == numbers[1] == [4, 12, 2]
