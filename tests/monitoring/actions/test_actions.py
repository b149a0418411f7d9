"""What people do: who may, what it does, what the audit says, and what a second time does."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser, Permission
from django.core.checks import run_checks
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from accounts.models import Role, User
from monitoring import actions, switch
from monitoring.errors import ActionError, NotFoundError
from monitoring.reports.queries import queries
from monitoring.reports.windows import window
from monitoring.store.models import Acknowledgement, AuditEntry, GateRun, Level, Location, QueryPeriod, Reset
from tests.monitoring.reports.runs import Ended, Run, add

A = "00000000000000aa"
REPORT = {"exit_code": 1, "operations": [{"operation": "GET /a", "failed": True}, {"operation": "GET /b"}]}
ACTIONS = {
    "acknowledge": lambda **who: actions.acknowledge(**who, fingerprint=A),
    "mute": lambda **who: actions.mute(**who, fingerprint=A),
    "unmute": lambda **who: actions.unmute(**who, fingerprint=A),
    "reset": actions.reset,
    "undo_reset": actions.undo_reset,
    "record_deploy": lambda **who: actions.record_deploy(**who, revision="8d1f"),
    "pause": actions.pause,
    "resume": actions.resume,
    "explain": lambda **who: actions.explain(**who, fingerprint=A),
    "gate_run": lambda **who: actions.report_gate_run(**who, run=actions.GateReport("8d1f", REPORT)),
    "start_silk": lambda **who: actions.start_silk(**who, operation="GET /api/things"),
    "stop_silk": lambda **who: actions.stop_silk(**who, session=started().pk),
}


def started():
    from monitoring.store.models import SilkSession

    return SilkSession.objects.create(
        operation="GET /api/things", requests=3, started_at=timezone.now(), by="x"
    )


def user_of(role):
    if role == "anonymous":
        return AnonymousUser()
    if role == "superuser":
        return User.objects.create_superuser("boss")
    return User.objects.create_user(f"{role}-person", role=Role(role))


@pytest.fixture
def admin(db):
    return user_of("admin")


@pytest.fixture(autouse=True)
def figures(db):
    add(Run(timezone.now(), A, [0.3]), Ended(timezone.now()))
    Reset.objects.create(at=timezone.now() - timedelta(minutes=30), by="somebody")
    yield
    switch.resume()


@pytest.mark.parametrize("role", ["superuser", "admin", "staff", "reader", "anonymous"])
@pytest.mark.parametrize("verb", ACTIONS)
def test_who_may_do_what(verb, role):
    """Every action by every role; each attempt is in the audit, allowed or not."""
    user = user_of(role)
    if role in ("superuser", "admin"):
        ACTIONS[verb](user=user, request_id="req-1")
    else:
        with pytest.raises(PermissionDenied, match="ask for it"):
            ACTIONS[verb](user=user, request_id="req-1")
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.request_id) == (verb, "req-1")
    assert entry.user == (user.username or "anonymous")
    assert entry.detail.get("allowed", True) is (role in ("superuser", "admin"))


@pytest.mark.parametrize("verb", ["acknowledge", "mute", "reset", "record_deploy", "start_silk"])
def test_who_was_refused_changed_nothing(verb):
    def state():
        tables = (Acknowledgement, Reset, GateRun)
        return [list(table.objects.values()) for table in tables], queries(window("1h")).rows

    before = state()
    with pytest.raises(PermissionDenied):
        ACTIONS[verb](user=user_of("staff"))
    assert state() == before


PERMISSIONS = {
    "acknowledge": "acknowledge_query",
    "mute": "mute_query",
    "unmute": "mute_query",
    "reset": "reset_figures",
    "undo_reset": "reset_figures",
    "record_deploy": "record_deploy",
    "pause": "pause_recording",
    "resume": "pause_recording",
    "explain": "explain_query",
    "start_silk": "run_silk",
    "stop_silk": "run_silk",
}


@pytest.mark.parametrize("verb", ACTIONS)
def test_each_action_takes_its_own_permission_and_no_other(verb):
    """Who has it alone may do that, and who has all others may not."""
    own, others = user_of("reader"), user_of("staff")
    of_console = Permission.objects.filter(content_type__app_label="tachograph")
    own.user_permissions.set(of_console.filter(codename=PERMISSIONS.get(verb)))
    others.user_permissions.set(of_console.exclude(codename=PERMISSIONS.get(verb)))
    with pytest.raises(PermissionDenied):
        ACTIONS[verb](user=others)
    if verb in PERMISSIONS:
        ACTIONS[verb](user=own)


def test_a_rule_for_admins_that_is_not_there_is_told_by_check(settings):
    settings.TACHOGRAPH = settings.TACHOGRAPH | {"IS_ADMIN": "accounts.permissions.is_boss"}
    [error] = [found for found in run_checks() if found.id == "tachograph.E001"]
    assert "accounts.permissions.is_boss" in error.msg
    assert "takes a user" in error.msg


def test_what_fails_leaves_neither_effect_nor_entry(admin):
    with pytest.raises(NotFoundError):
        actions.mute(user=admin, fingerprint="00000000000000ff")
    assert not AuditEntry.objects.exists()


def test_an_acknowledgement_is_of_all_places_or_of_one_and_stands_anew_when_said_again(admin):
    add(Run(timezone.now(), A, [0.3], place="other"))
    assert queries(window("1h")).rows[0].state == "open"
    other = Location.objects.get(function="other")
    actions.acknowledge(user=admin, fingerprint=A, location=other.pk, note="known")
    assert queries(window("1h")).rows[0].state == "open"
    actions.acknowledge(user=admin, fingerprint=A)
    assert queries(window("1h")).rows[0].state == "acknowledged"
    Acknowledgement.objects.update(reopened_at=timezone.now())
    assert queries(window("1h")).rows[0].state == "open"
    actions.acknowledge(user=admin, fingerprint=A)
    assert queries(window("1h")).rows[0].state == "acknowledged"
    assert Acknowledgement.objects.count() == 2
    with pytest.raises(ActionError, match="did not come from place"):
        actions.acknowledge(user=admin, fingerprint=A, location=other.pk + 1_000)


def test_an_acknowledged_query_reopens_when_it_comes_back_after_a_quiet_hour(admin):
    actions.acknowledge(user=admin, fingerprint=A)
    later = timezone.now() + timedelta(minutes=61)
    add(Run(timezone.now(), A, [0.3]), Run(timezone.now() + timedelta(minutes=30), A, [0.3]))
    assert queries(window("1h")).rows[0].state == "acknowledged"
    add(Run(later + timedelta(minutes=61), A, [0.3]))
    assert queries(window("1h")).rows[0].state == "open"


def test_muting_twice_keeps_who_was_first(admin):
    actions.mute(user=admin, fingerprint=A)
    assert actions.mute(user=user_of("superuser"), fingerprint=A).muted_by == admin.username
    assert queries(window("1h")).rows[0].state == "muted"
    actions.unmute(user=admin, fingerprint=A)
    assert actions.unmute(user=admin, fingerprint=A).muted_at is None
    assert queries(window("1h")).rows[0].state == "open"


@pytest.mark.parametrize("name", ["15m", "1h", "6h", "24h", "7d"])
def test_a_reset_counts_from_now_within_the_minute(admin, name):
    Reset.objects.all().delete()
    assert queries(window(name)).rows[0].calls == 1
    made = actions.reset(user=admin)
    assert queries(window(name)).rows == []
    add(Run(made.at, A, [0.2, 0.4]))
    assert queries(window(name)).rows[0].calls == 2
    actions.undo_reset(user=admin)
    assert queries(window(name)).rows[0].calls == 3


@pytest.mark.parametrize("level", Level)
def test_a_reset_on_the_hour_moves_the_hour_and_the_day_too(admin, level):
    """At midnight all three periods begin: what ran in that minute belongs to the day before."""
    from datetime import UTC, datetime

    from monitoring.actions.figures import _move

    QueryPeriod.objects.all().delete()
    midnight = datetime(2027, 3, 3, tzinfo=UTC)
    add(Run(midnight - timedelta(minutes=1), A, [0.1]), Run(midnight, A, [0.2, 0.3]))
    _move(midnight)
    [row] = QueryPeriod.objects.filter(level=level)
    assert (
        row.start
        == {
            Level.MINUTE: midnight - timedelta(minutes=1),
            Level.HOUR: midnight - timedelta(hours=1),
            Level.DAY: midnight - timedelta(days=1),
        }[level]
    )
    assert (row.runs, row.rows, row.slow, sum(row.histogram)) == (3, 9, 3, 3)
    assert row.duration_s == pytest.approx(0.6)
    assert row.duration_max_s == pytest.approx(0.3)


def test_a_reset_can_be_undone_for_an_hour(admin):
    Reset.objects.update(at=timezone.now() - timedelta(minutes=59))
    first = actions.undo_reset(user=admin)
    assert actions.undo_reset(user=admin, reset=first.pk).undone_at == first.undone_at
    with pytest.raises(NotFoundError, match="no reset that stands"):
        actions.undo_reset(user=admin)
    old = Reset.objects.create(at=timezone.now() - timedelta(minutes=61), by="somebody")
    with pytest.raises(ActionError, match="over an hour old"):
        actions.undo_reset(user=admin, reset=old.pk)


def test_a_deploy_is_marked_once(admin):
    first = actions.record_deploy(user=admin, revision=" 8d1f ", note="night")
    assert actions.record_deploy(user=admin, revision="8d1f") == first
    assert actions.record_deploy(user=admin, revision="9e2a") != first
    for wrong in ("", " ", "x" * 65):
        with pytest.raises(ActionError, match="1 to 64 characters"):
            actions.record_deploy(user=admin, revision=wrong)


def test_pausing_stops_the_recording_until_it_is_resumed(admin):
    for _ in range(2):
        actions.pause(user=admin)
        assert not switch.refresh()
    for _ in range(2):
        actions.resume(user=admin)
        assert switch.refresh()


def test_a_gate_run_is_kept_once_with_what_it_says(admin):
    run = actions.GateReport("8d1f", REPORT, base="origin/main", url="https://ci.example/1")
    kept = actions.report_gate_run(user=admin, run=run)
    assert (kept.outcome, kept.operations, kept.broken) == ("broken", 2, 1)
    assert actions.report_gate_run(user=admin, run=run) == kept
    inconclusive = actions.GateReport("8d1f", {"exit_code": 3})
    assert actions.report_gate_run(user=admin, run=inconclusive).outcome == "inconclusive"
    for wrong in ({}, {"exit_code": 7}, {"exit_code": True}, {"exit_code": 0, "operations": ["GET /a"]}):
        with pytest.raises(ActionError, match="send what"):
            actions.report_gate_run(user=admin, run=actions.GateReport("8d1f", wrong))


def test_silk_runs_once_for_an_operation_and_stops_once(admin):
    session = actions.start_silk(user=admin, operation="GET /api/things", requests=3)
    assert actions.start_silk(user=admin, operation="GET /api/things", requests=9) == session
    stopped = actions.stop_silk(user=admin, session=session.pk)
    assert actions.stop_silk(user=admin, session=session.pk).stopped_at == stopped.stopped_at
    with pytest.raises(NotFoundError, match="has run yet"):
        actions.start_silk(user=admin, operation="GET /api/nothing")
    with pytest.raises(ActionError, match="1 to 1000 requests"):
        actions.start_silk(user=admin, operation="GET /api/things", requests=0)
    with pytest.raises(NotFoundError):
        actions.stop_silk(user=admin, session=session.pk + 1_000)
