"""Who may see the console, under which policy, and what is left of it while the database is down."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.cache import caches
from django.db import InterfaceError, OperationalError, ProgrammingError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.cache import never_cache

from ..conf import conf
from ..store.connection import Failure, failure_of, is_possible
from .registry import View

DOWN: Final = (OperationalError, InterfaceError)
POLICY: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
NO_STORE: Final = (
    "Figures are kept in PostgreSQL. Name such a database in TACHOGRAPH['STORE_ALIAS']; "
    "/metrics works without."
)
NOT_MIGRATED: Final = "Its tables are not there, or not those of this version: run manage.py migrate."
# While the database is down nobody can be looked up: who was let in lately is let in to look.
GRANT_S: Final = 3_600


def _login_url() -> str:
    try:
        return reverse("admin:login")
    except NoReverseMatch:
        return str(settings.LOGIN_URL)


def _grant_key(request: HttpRequest) -> str | None:
    session = getattr(request, "session", None)
    key = session.session_key if session is not None else None
    return f"tachograph:console:{key}" if key else None


def _grants() -> Any:
    return caches[getattr(settings, "SESSION_CACHE_ALIAS", "default")]


def _remember(request: HttpRequest, *, allowed: bool) -> None:
    key = _grant_key(request)
    if key is None:
        return
    if allowed:
        _grants().set(key, request.user.pk, GRANT_S)
    else:
        _grants().delete(key)


def _was_let_in(request: HttpRequest) -> bool:
    """Whether this session was let in within the hour. The cache must still know the session itself."""
    try:
        key = _grant_key(request)
        return bool(key and request.session.get("_auth_user_id") and _grants().get(key) is not None)
    except Exception:  # noqa: BLE001  (the cache is down as well, in whichever way its backend says so)
        return False


def refused(request: HttpRequest, message: str = "") -> HttpResponse:
    """403, and nothing of what it guards."""
    said = message or "Your account may not see this. Ask an administrator for the console's permission."
    context = {"title": "Not allowed", "message": said, "is_bare": True}
    return render(request, "tachograph/message.html", context, status=403)


def _check(request: HttpRequest) -> HttpResponseBase | None:
    """None for who may see the console, else the answer for who may not."""
    user = request.user
    if not user.is_authenticated:
        # A project without Django's users has no console, and is measured all the same.
        from django.contrib.auth.views import redirect_to_login  # noqa: PLC0415

        return redirect_to_login(request.get_full_path(), _login_url(), REDIRECT_FIELD_NAME)
    allowed = user.is_active and user.is_staff and user.has_perm(conf().CONSOLE_PERMISSION)
    _remember(request, allowed=allowed)
    return None if allowed else refused(request)


def _unavailable(request: HttpRequest, title: str, said: str) -> HttpResponse:
    context = {"title": title, "message": said, "is_bare": True}
    return render(request, "tachograph/message.html", context, status=503)


def _answer(view: View, request: HttpRequest, arguments: dict[str, Any]) -> HttpResponseBase:
    from .fallback import database_is_down  # noqa: PLC0415  (it renders with what stands here)

    is_known = False
    try:
        refusal = _check(request)
        is_known = True
        return _view(view, request, arguments) if refusal is None else refusal
    except DOWN as fault:
        return database_is_down(request, fault, shows_figures=is_known or _was_let_in(request))


def _view(view: View, request: HttpRequest, arguments: dict[str, Any]) -> HttpResponseBase:
    if not is_possible():
        return _unavailable(request, "The console has no store", NO_STORE)
    try:
        return view(request, **arguments)
    except ProgrammingError as fault:
        if failure_of(fault) is not Failure.NOT_MIGRATED:
            raise
        return _unavailable(request, "The store has no tables yet", NOT_MIGRATED)


def guarded(view: View) -> Callable[..., HttpResponseBase]:
    """The view for staff with TACHOGRAPH["CONSOLE_PERMISSION"] only, under the console's own policy.

    Anonymous people are sent to the login page; who lacks the permission gets 403.
    """

    @never_cache
    @wraps(view)
    def answer(request: HttpRequest, **arguments: Any) -> HttpResponseBase:
        response = _answer(view, request, arguments)
        for name, value in HEADERS.items():
            response.headers[name] = value
        return response

    return answer
