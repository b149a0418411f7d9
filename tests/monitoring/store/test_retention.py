"""What is not kept goes, in chunks, by an index; what is kept stays."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Count

from monitoring.errors import ConfigurationError
from monitoring.store import retention
from monitoring.store.connection import Connection
from monitoring.store.maintenance import Maintenance
from monitoring.store.models import (
    Acknowledgement,
    AuditEntry,
    Batch,
    Bounds,
    CachePeriod,
    Level,
    Location,
    OperationKey,
    OperationPeriod,
    Query,
    QueryPeriod,
    QuerySample,
    TraceSample,
)
from monitoring.store.retention import prune

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
# Of each level, and of samples and traces, how old what stands in the tables is.
AGES = (HOUR / 2, 11 * HOUR, 13 * HOUR, 34 * DAY, 36 * DAY, 399 * DAY, 401 * DAY)
KEPT = {Level.MINUTE: 2, Level.HOUR: 4, Level.DAY: 6}


@pytest.fixture
def own():
    found = Connection()
    yield found
    found.close()


@pytest.fixture
def history():
    """A row of each age in each table."""
    now = datetime.now(UTC)
    operation = OperationKey.objects.create(kind="request", name="GET /x", operation_class="list")
    query = Query.objects.create(
        fingerprint="f" * 16, sql="SELECT ?", kind="read", first_seen=now - 402 * DAY
    )
    line = Location.objects.create(module="shop", function="books", file="shop.py", line=1)
    bounds = Bounds.objects.create(bounds="1")
    for age in AGES:
        for level in Level:
            period = {"level": level, "start": now - age, "bounds": bounds, "histogram": [1, 0]}
            OperationPeriod.objects.create(operation=operation, **period)
            QueryPeriod.objects.create(
                query=query, location=line, operation=operation, nested=False, **period
            )
            CachePeriod.objects.create(level=level, start=now - age, alias="default", result="hit")
        sampled = {"operation": operation, "at": now - age, "duration_s": 1}
        QuerySample.objects.create(query=query, location=line, rows=1, **sampled)
        TraceSample.objects.create(status="200", **sampled)
    return now


def removed(own, **given):
    return sum(rows for _, rows in prune(own, **given))


def test_each_level_is_kept_for_its_time(history, own):
    assert removed(own) == 3 * (5 + 3 + 1) + 2 * 4
    for model in (OperationPeriod, QueryPeriod, CachePeriod):
        left = model.objects.values_list("level").annotate(Count("id"))
        assert dict(left) == KEPT
    assert (QuerySample.objects.count(), TraceSample.objects.count()) == (3, 3)
    assert removed(own) == 0


def test_a_setting_shortens_it(history, own, settings):
    spans = {"minute": timedelta(hours=2), "hour": 86_400.0}
    settings.TACHOGRAPH = settings.TACHOGRAPH | {"STORE_RETENTION": spans}
    removed(own)
    assert OperationPeriod.objects.filter(level=Level.MINUTE).count() == 1
    assert OperationPeriod.objects.filter(level=Level.HOUR).count() == 3


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"week": 7}, "has no week. It knows: minute, hour, day"),
        ({"hour": "35d"}, "give a timedelta, or seconds"),
        ({"day": 0}, "give a timedelta, or seconds above 0"),
        ({"minute": 60}, "under two hours"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(settings, given, says):
    settings.TACHOGRAPH = settings.TACHOGRAPH | {"STORE_RETENTION": given}
    with pytest.raises(ConfigurationError, match=says):
        retention.retention()


def test_it_stops_after_so_many_chunks_and_goes_on_later(history, own, monkeypatch):
    monkeypatch.setattr(retention, "CHUNK", 2)
    assert removed(own, most_chunks=3) == 5  # two, two, and the last of the first part
    assert removed(own) == 3 * (5 + 3 + 1) + 2 * 4 - 5


def test_the_writer_removes_now_and_then(history, own, monkeypatch):
    maintenance = Maintenance(own)
    maintenance.round()
    assert OperationPeriod.objects.count() == 21  # a process that has just begun has other work
    monkeypatch.setattr(maintenance, "_due", 0.0)
    maintenance.round()
    assert OperationPeriod.objects.count() == 12
    assert maintenance._due > time.monotonic()


def test_of_samples_and_traces_the_latest_are_kept(history, own, monkeypatch):
    monkeypatch.setattr(retention, "MOST_SAMPLES", 2)
    monkeypatch.setattr(retention, "MOST_TRACES", 1)
    removed(own)
    assert [round((history - row.at) / HOUR, 1) for row in QuerySample.objects.order_by("-at")] == [0.5, 11.0]
    assert TraceSample.objects.count() == 1


def test_names_go_when_nothing_speaks_of_them(history, own):
    old = history - 500 * DAY
    line = Location.objects.create(module="gone", function="gone", file="gone.py", line=1)
    OperationKey.objects.create(kind="request", name="GET /gone", operation_class="list")
    for name in ("unused", "muted", "known"):
        Query.objects.create(fingerprint=name, sql="SELECT ?", kind="read", first_seen=old)
    Query.objects.filter(fingerprint="muted").update(muted_at=history)
    Query.objects.create(fingerprint="new", sql="SELECT ?", kind="read", first_seen=history)
    known = Location.objects.create(module="known", function="known", file="known.py", line=1)
    Acknowledgement.objects.create(query_id="known", location=known, at=old, by="ana")
    removed(own)
    left = set(Query.objects.values_list("fingerprint", flat=True))
    assert left == {"f" * 16, "muted", "known", "new"}
    assert not Location.objects.filter(pk=line.pk).exists()
    assert Location.objects.filter(pk=known.pk).exists()
    assert OperationKey.objects.get().name == "GET /x"


def test_what_people_did_is_kept(own):
    AuditEntry.objects.create(at=datetime(2020, 1, 1, tzinfo=UTC), user="ana", action="reset")
    removed(own)
    assert AuditEntry.objects.count() == 1


def test_two_do_not_remove_at_once(history, own):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [retention._LOCK])
        assert removed(own) == 0
        cursor.execute("SELECT pg_advisory_unlock(%s)", [retention._LOCK])
    assert removed(own) > 0


def test_old_minutes_are_found_by_an_index(history):
    """Among many: of a few rows PostgreSQL reads the table, and is right."""
    row = OperationPeriod.objects.filter(level=Level.DAY).first()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tachograph_operation_period (level, start, operation_id, bounds_id, histogram,"
            " runs, errors, duration_s, duration_max_s, database_s, cpu_s, cpu_runs, queries, slow_queries,"
            " duplicates, nplusone, cache_hits, cache_misses, broke_latency, broke_errors, broke_queries,"
            " broke_duplicates, broke_nplusone, broke_slow_queries, broke_cache)"
            " SELECT 1, now() - n * interval '1 minute', %s, %s, '{0, 0}',"
            " 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 FROM generate_series(1000, 9000) n",
            [row.operation_id, row.bounds_id],
        )
        cursor.execute("ANALYZE tachograph_operation_period")
        part = retention.parts(datetime.now(UTC) - timedelta(days=5))[0]
        cursor.execute(f"EXPLAIN {part.statement}", part.parameters)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "tachograph_operation_period_once" in plan, plan


def test_the_command_says_what_it_would_remove_then_removes_it(history, capsys):
    call_command("prune_monitoring", "--dry-run")
    dry = capsys.readouterr().out
    assert "tachograph_operation_period, minutes before" in dry
    assert "35 rows would be removed; nothing was." in dry
    assert OperationPeriod.objects.count() == 21
    call_command("prune_monitoring")
    assert "35 rows removed." in capsys.readouterr().out
    assert OperationPeriod.objects.count() == 12


def test_the_commands_help_says_when_to_run_it(capsys):
    with pytest.raises(SystemExit):
        call_command("prune_monitoring", "--help")
    said = capsys.readouterr().out
    assert "The running service does this by itself" in said
    assert "Kept now: minute 12 hours, hour 35 days" in said


def test_the_command_says_what_to_do_without_tables(settings, monkeypatch):
    monkeypatch.setattr(retention, "_PERIODS", ("tachograph_nowhere",) * 3)
    with pytest.raises(CommandError, match=r"run `manage\.py migrate`"):
        call_command("prune_monitoring")


def test_batches_are_forgotten_after_a_week(own):
    for number, age in enumerate((HOUR, 6 * DAY, 8 * DAY)):
        Batch.objects.create(pk=f"00000000-0000-0000-0000-00000000000{number}", at=datetime.now(UTC) - age)
    removed(own)
    assert Batch.objects.count() == 2
