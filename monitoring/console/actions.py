"""What people do in the console: a POST with its token; `monitoring.actions` checks and audits it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_POST

from .. import actions
from ..errors import TachographError
from ..record import current
from .access import guarded, refused
from .page import message

MOST_TEXT: Final = 500
MOST_DIGITS: Final = 9


@dataclass(frozen=True, slots=True)
class Verb:
    """An action, the fields of its form by their type, and what is said when it is done."""

    do: Callable[..., Any]
    said: str
    fields: Mapping[str, type[str] | type[int]] = field(default_factory=dict)
    optional: frozenset[str] = frozenset(("note", "location", "reset"))
    fixed: Mapping[str, Any] = field(default_factory=dict)


_QUERY: Final = {"fingerprint": str}
VERBS: Final[Mapping[str, Verb]] = {
    "explain": Verb(actions.explain, "The query was explained.", _QUERY, fixed={"force": True}),
    "acknowledge": Verb(
        actions.acknowledge,
        "Acknowledged. It opens again when it is slow after a quiet hour.",
        _QUERY | {"location": int, "note": str},
    ),
    "mute": Verb(actions.mute, "Muted: it needs nobody's attention any more.", _QUERY),
    "unmute": Verb(actions.unmute, "It may call for attention again.", _QUERY),
    "reset": Verb(actions.reset, "Queries count from now. This can be undone for an hour."),
    "undo": Verb(actions.undo_reset, "The reset was undone.", {"reset": int}),
    "deploy": Verb(actions.record_deploy, "The deploy is on the charts.", {"revision": str, "note": str}),
    "pause": Verb(actions.pause, "Recording is paused."),
    "resume": Verb(actions.resume, "Recording goes on."),
    "silk_start": Verb(
        actions.start_silk, "Silk records the next requests.", {"operation": str, "requests": int}
    ),
    "silk_stop": Verb(actions.stop_silk, "The session has ended.", {"session": int}),
}


def _given(request: HttpRequest, verb: Verb) -> dict[str, Any] | None:
    """The form's fields, or None where one is missing or no number."""
    found: dict[str, Any] = dict(verb.fixed)
    for name, kind in verb.fields.items():
        text = request.POST.get(name, "").replace("\0", "").strip()
        if not text and name in verb.optional:
            continue
        if not text or len(text) > MOST_TEXT:
            return None
        if kind is int and not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
            return None
        found[name] = kind(text)
    return found


def _next(request: HttpRequest) -> str:
    """The page that the form stood on."""
    asked = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure()):
        return asked
    return reverse("tachograph-console:overview")


def _said(done: Any, verb: Verb) -> tuple[int, str]:
    """A plan that there is none of says why."""
    error = getattr(done, "error", "")
    return (messages.WARNING, f"There is no plan: {error}") if error else (messages.SUCCESS, verb.said)


@csrf_protect
@require_POST
@guarded
def act(request: HttpRequest, verb: str) -> HttpResponse:
    """Does it, says so, and goes back to the page. 403 without the action's permission."""
    found = VERBS.get(verb)
    if found is None:
        return message(request, "No such action", f"The console knows: {', '.join(VERBS)}.", 404)
    given = _given(request, found)
    if given is None:
        needed = ", ".join(found.fields)
        return message(request, "This cannot be done", f"The form's fields are: {needed}.", 400)
    operation = current()
    try:
        done = found.do(user=request.user, request_id=operation.request_id if operation else "", **given)
    except PermissionDenied as denied:
        return refused(request, str(denied))
    except TachographError as error:
        messages.error(request, str(error), fail_silently=True)
    else:
        messages.add_message(request, *_said(done, found), fail_silently=True)
    return redirect(_next(request))
