"""Every action, for everybody, with and without its token."""

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from monitoring import switch
from monitoring.store import models as store
from tests.monitoring.console.story import FINGERPRINT, client_of, person

# Verb -> the permission it takes, and its form.
ACTIONS = {
    "explain": ("explain_query", {"fingerprint": FINGERPRINT}),
    "acknowledge": ("acknowledge_query", {"fingerprint": FINGERPRINT, "note": "OPS-7"}),
    "mute": ("mute_query", {"fingerprint": FINGERPRINT}),
    "unmute": ("mute_query", {"fingerprint": FINGERPRINT}),
    "reset": ("reset_figures", {}),
    "undo": ("reset_figures", {}),
    "deploy": ("record_deploy", {"revision": "v2", "note": "new list"}),
    "pause": ("pause_recording", {}),
    "resume": ("pause_recording", {}),
    "silk_start": ("run_silk", {"operation": "GET /api/municipalities", "requests": "3"}),
    "silk_stop": ("run_silk", {"session": "{session}"}),
}
DONE = {
    "explain": store.Plan.objects.count,
    "acknowledge": lambda: store.Acknowledgement.objects.filter(note="OPS-7").count(),
    "mute": lambda: store.Query.objects.exclude(muted_at=None).exclude(muted_by="before").count(),
    "unmute": lambda: store.Query.objects.filter(pk=FINGERPRINT, muted_at=None).count(),
    "reset": lambda: store.Reset.objects.exclude(by="before").count(),
    "undo": lambda: store.Reset.objects.exclude(undone_at=None).count(),
    "deploy": lambda: store.Deploy.objects.filter(revision="v2").count(),
    "pause": lambda: not switch.refresh(),
    "resume": switch.refresh,
    "silk_start": lambda: store.SilkSession.objects.filter(requests=3).count(),
    "silk_stop": lambda: store.SilkSession.objects.exclude(stopped_at=None).count(),
}
# Who may see the console, with every permission but the one that is asked for, and so on.
ROLES = {"stranger": 302, "reader": 403, "viewer": 403, "allowed": 302}


@pytest.fixture(autouse=True)
def recording(own_figures):
    yield
    switch.resume()


@pytest.fixture(params=ACTIONS)
def action(request, story):
    """Verb, permission, form; with something there that can be taken back."""
    verb = request.param
    session = store.SilkSession.objects.create(
        operation="GET /other", requests=9, started_at=story.now, by="before"
    )
    if verb == "unmute":
        store.Query.objects.update(muted_at=story.now, muted_by="before")
    if verb == "undo":
        store.Reset.objects.create(at=story.now, by="before")
    if verb == "resume":
        switch.pause()
    permission, form = ACTIONS[verb]
    return verb, permission, {key: value.format(session=session.pk) for key, value in form.items()}


def client_for(role, permission, **arguments):
    client = Client(**arguments)
    others = {taken for taken, _ in ACTIONS.values()} - {permission}
    if role == "reader":
        client.force_login(person("view_console", permission, role="reader"))
    if role == "viewer":
        client.force_login(person("view_console", *others))
    if role == "allowed":
        client.force_login(person("view_console", permission))
    return client


@pytest.mark.parametrize("role", ROLES)
def test_only_who_has_the_permission_does_it(action, role):
    verb, permission, form = action
    answer = client_for(role, permission).post(f"/console/actions/{verb}", form)
    assert answer.status_code == ROLES[role]
    assert bool(DONE[verb]()) == (role == "allowed")
    if role == "stranger":
        assert answer.headers["Location"].startswith("/admin/login/")
    if role == "allowed":
        assert store.AuditEntry.objects.exclude(detail={"allowed": False}).count() == 1


@pytest.mark.parametrize("role", ROLES)
def test_without_the_token_nobody_does_it(action, role):
    verb, permission, form = action
    client = client_for(role, permission, enforce_csrf_checks=True)
    assert client.post(f"/console/actions/{verb}", form).status_code == 403
    assert not DONE[verb]()


def test_it_is_a_post(action):
    verb, permission, form = action
    assert client_for("allowed", permission).get(f"/console/actions/{verb}", form).status_code == 405
    assert not DONE[verb]()


def test_the_pages_form_carries_its_token(story):
    client = Client(enforce_csrf_checks=True)
    client.force_login(person("view_console", "mute_query"))
    page = client.get(f"/console/queries/{FINGERPRINT}/").content.decode()
    token = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    form = {
        "csrfmiddlewaretoken": token,
        "fingerprint": FINGERPRINT,
        "next": f"/console/queries/{FINGERPRINT}/",
    }
    answer = client.post("/console/actions/mute", form)
    assert answer.headers["Location"] == f"/console/queries/{FINGERPRINT}/"
    shown = client.get(answer.headers["Location"]).content.decode()
    assert "Muted" in shown
    assert "Unmute" in shown


@pytest.mark.parametrize(("verb", "form"), [
    ("rubbish", {}), ("mute", {}), ("acknowledge", {"fingerprint": FINGERPRINT, "location": "x"}),
    ("silk_start", {"operation": "GET /x", "requests": "-1"}), ("silk_stop", {"session": "9" * 30}),
    ("deploy", {"revision": "\0"}), ("mute", {"fingerprint": "x" * 5000}),
])  # fmt: skip
def test_a_bad_form_is_told(boss, story, verb, form):
    assert boss.post(f"/console/actions/{verb}", form).status_code in (400, 404)


@pytest.mark.parametrize(("verb", "form"), [
    ("mute", {"fingerprint": "nowhere"}), ("undo", {}), ("silk_stop", {"session": "999999"}),
    ("silk_start", {"operation": "GET /nowhere", "requests": "3"}), ("explain", {"fingerprint": "nowhere"}),
    ("acknowledge", {"fingerprint": FINGERPRINT, "location": "999999"}),
])  # fmt: skip
def test_what_cannot_be_done_is_told_on_the_page(boss, story, verb, form):
    answer = boss.post(f"/console/actions/{verb}", form)
    assert answer.status_code == 302
    (said,) = get_messages(answer.wsgi_request)
    assert said.level_tag in ("error", "warning")


@pytest.mark.parametrize("next_page", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_it_leads_nowhere_else(boss, story, next_page):
    answer = boss.post("/console/actions/reset", {"next": next_page})
    assert answer.headers["Location"] == "/console/"


def test_a_reset_is_shown_and_undone(boss, story):
    boss.post("/console/actions/reset")
    assert "reset by boss" in boss.get("/console/queries/").content.decode()
    boss.post("/console/actions/undo", {"reset": str(store.Reset.objects.get().pk)})
    assert "reset by" not in boss.get("/console/queries/").content.decode()


def test_who_may_do_nothing_sees_no_form(story):
    for path in ("", f"queries/{FINGERPRINT}/", "recorder/", f"endpoints/{story.operation.pk}/", "queries/"):
        page = client_of(person("view_console")).get(f"/console/{path}").content.decode()
        assert 'method="post"' not in page


def test_it_checks_the_token_itself_where_the_project_does_not(story, settings):
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "csrf" not in name]
    client = client_for("allowed", "mute_query", enforce_csrf_checks=True)
    assert client.post("/console/actions/mute", {"fingerprint": FINGERPRINT}).status_code == 403
    assert not DONE["mute"]()
