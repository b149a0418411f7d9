"""Every operation that the project can have: its routes, tasks, commands and scenarios."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from django.core.management import get_commands
from django.urls import URLPattern, URLResolver, get_resolver

from monitoring import names
from monitoring.scenarios import scenarios

# What a function that does not tell its methods is listed under; it answers any.
ASSUMED_METHODS = ("GET", "POST")
KINDS = ("request", "task", "block", "command")


@dataclass(frozen=True, slots=True)
class Known:
    """An operation that may run, and its class; "" for a block, which declares one when it runs."""

    name: str
    kind: str
    operation_class: str


def known_operations() -> dict[str, Known]:
    """All of them by name, requests first, commands last. Imports the URL configuration and the scenarios."""
    found = {known.name: known for known in (*_requests(), *_tasks(), *_commands())}
    for name in scenarios():
        found.setdefault(name, Known(name, "block", ""))
    return dict(sorted(found.items(), key=lambda item: (KINDS.index(item[1].kind), item[0])))


def needing_scenarios() -> set[str]:
    """What must have a scenario: each operation of the OpenAPI schema and each task."""
    return _schema_operations() | {known.name for known in _tasks()}


def _requests() -> Iterator[Known]:
    for route, view, in_admin in _routes(get_resolver().url_patterns):
        for method in _methods(view):
            operation_class = "system" if in_admin else names.declared_class(view, method)
            yield Known(f"{method} {names.template(route)}", "request", operation_class)


def _routes(
    patterns: list[URLPattern | URLResolver], prefix: str = "", *, in_admin: bool = False
) -> Iterator[tuple[str, Callable[..., Any], bool]]:
    for pattern in patterns:
        text = str(pattern.pattern)
        route = prefix + (
            text.removeprefix("^") if prefix else text
        )  # as Django's ResolverMatch.route has it
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, route, in_admin=in_admin or pattern.app_name == "admin")
        else:
            yield route, pattern.callback, in_admin


def _methods(view: Callable[..., Any]) -> list[str]:
    if actions := getattr(view, "actions", None):
        return [method.upper() for method in actions]
    view_class = getattr(view, "view_class", None) or getattr(view, "cls", None)
    if view_class is None:
        return list(ASSUMED_METHODS)
    declared = (name for name in view_class.http_method_names if name not in ("options", "head"))
    return [name.upper() for name in declared if hasattr(view_class, name)]


def _tasks() -> Iterator[Known]:
    """Celery's registered tasks, its own left out. None where the project has no Celery."""
    if "celery" not in sys.modules:
        return
    from celery import current_app  # noqa: PLC0415  (an option of the project's)

    current_app.loader.import_default_modules()
    for name, task in current_app.tasks.items():
        if not name.startswith("celery."):
            yield Known(name, "task", getattr(task, "operation_class", None) or "system")


def _commands() -> Iterator[Known]:
    for name in get_commands():
        yield Known(name, "command", "system")


def _schema_operations() -> set[str]:
    """By the names the recorder gives them. None where drf-spectacular is not installed."""
    if find_spec("drf_spectacular") is None:
        return set()
    from drf_spectacular.generators import EndpointEnumerator  # noqa: PLC0415  (an option of the project's)

    endpoints = EndpointEnumerator().get_api_endpoints()  # type: ignore[no-untyped-call]
    return {f"{method} {names.template(regex)}" for _, regex, method, _ in endpoints}
