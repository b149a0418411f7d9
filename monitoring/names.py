"""The name and the class of a request's operation: `GET /api/cadets/{id}`, `detail`."""

from __future__ import annotations

import re
from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any, Final

from django.contrib.admindocs.views import simplify_regex
from django.http import HttpRequest
from django.urls import Resolver404, ResolverMatch, get_resolver

METHODS: Final = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"))
OTHER_METHOD: Final = "_OTHER"
UNMATCHED: Final = "_unmatched"
SYSTEM_MODULES: Final = (
    "monitoring.",
    "django.contrib.admin.",
    "drf_spectacular.",
    "debug_toolbar.",
    "silk.",
)
_DRF_ACTIONS: Final = {"list": "list", "retrieve": "detail"}
_CONVERTER: Final = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")
_REGEX: Final = re.compile(r"[\\^$?*+|()\[\]]")

MAX_KNOWN: Final = 5_000
# Left out of all figures: who looks at them would change them.
OWN_MODULE: Final = "monitoring.console"
# Name, class, the view as Django names it, whether it is async, and whether it is the recorder's own.
Named = tuple[str, str, str, bool, bool]
_known: dict[tuple[str, str, Callable[..., Any]], Named] = {}


def template(route: str) -> str:
    """A resolver's route as people write it: `^api/cadets/(?P<id>[0-9]+)/?$` is `/api/cadets/{id}`."""
    route = re.sub(r"/\?(?:\$|\\Z)?$", "", route)
    if _REGEX.search(route):
        route = simplify_regex(route)
    return _CONVERTER.sub(r"{\1}", route if route.startswith("/") else f"/{route}")


def method_of(request: HttpRequest) -> str:
    """The method, or `_OTHER`: anybody may send any word for one."""
    return request.method if request.method in METHODS else OTHER_METHOD


def _match(request: HttpRequest) -> ResolverMatch | None:
    """The route, also where a middleware answered or broke before the resolver ran."""
    if request.resolver_match is not None:
        return request.resolver_match
    try:
        return get_resolver(getattr(request, "urlconf", None)).resolve(request.path_info)
    except Resolver404:
        return None


def declared_class(view: Callable[..., Any], method: str) -> str:
    """What the view itself says, or what DRF's actions and generic views tell."""
    view_class = getattr(view, "view_class", None) or getattr(view, "cls", None) or view
    if declared := getattr(view, "operation_class", None) or getattr(view_class, "operation_class", None):
        return str(declared)
    if view_class.__module__.startswith(SYSTEM_MODULES):
        return "system"
    action = (getattr(view, "actions", None) or {}).get(method.lower())
    if action in _DRF_ACTIONS:
        return _DRF_ACTIONS[action]
    if method in ("GET", "HEAD"):
        is_list = action is None and callable(getattr(view_class, "list", None))
        return "list" if is_list else "detail"
    return "write"


def _name(match: ResolverMatch, method: str) -> Named:
    operation_class = "system" if "admin" in match.app_names else declared_class(match.func, method)
    is_async = bool(getattr(match.func, "view_is_async", iscoroutinefunction(match.func)))
    is_own = match.func.__module__.startswith(OWN_MODULE)
    return f"{method} {template(match.route or '')}", operation_class, match.view_name, is_async, is_own


def name(request: HttpRequest) -> Named:
    """What the request's operation is called. Unmatched paths share one name per method."""
    method, match = method_of(request), _match(request)
    if match is None:
        return f"{method} {UNMATCHED}", "system", "<unnamed view>", False, False
    key = method, match.route or "", match.func
    found = _known.get(key)
    if found is None:
        found = _name(match, method)
        if len(_known) < MAX_KNOWN:
            _known[key] = found
    return found
