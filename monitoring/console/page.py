"""A page of the console: its window, its exports, and what it says when something is wrong."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from ..errors import NotFoundError, TachographError
from ..reports.windows import DEFAULT, Window, window
from .access import guarded
from .tables import Table, export

MOST_TEXT: Final = 500
Context = dict[str, Any]
Build = Callable[..., Context]


class Asked:
    """What the query string asks for. All of a page's state stands in it."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.window: Window = window(request.GET.get("window") or DEFAULT)
        self.search = self.text("q")
        self.sort = self.text("sort")
        self.export = request.GET.get("export", "")

    def url(self, name: str, *arguments: Any, **parameters: str) -> str:
        """The address of another page of the console, over the same window."""
        if self.window.name != DEFAULT:
            parameters = {"window": self.window.name, **parameters}
        query = f"?{urlencode(parameters)}" if parameters else ""
        return reverse(f"tachograph-console:{name}", args=arguments) + query

    def text(self, name: str) -> str:
        """A parameter, without the NUL that PostgreSQL refuses."""
        return self.request.GET.get(name, "").replace("\0", "").strip()[:MOST_TEXT]

    def number(self, name: str, default: int, most: int = 1_000_000) -> int:
        """A whole number from 0 to `most`; the default for what is none."""
        given = self.text(name)
        return min(int(given), most) if given.isdecimal() and len(given) < 10 else default


def message(request: HttpRequest, title: str, said: str, status: int) -> HttpResponse:
    """A page that says one thing."""
    return render(request, "tachograph/message.html", {"title": title, "message": said}, status=status)


def _tables(context: Context) -> list[Table]:
    return [value for value in context.values() if isinstance(value, Table)]


def _shown(asked: Asked, template: str, context: Context) -> HttpResponseBase:
    request = asked.request
    if not asked.export:
        return render(request, template, context)
    answer = export(_tables(context), asked.export, request.GET.get("table", ""))
    if answer is None:
        known = ", ".join(table.id for table in _tables(context) if table.exports) or "none"
        said = f"This page exports csv or json of these tables: {known}."
        return message(request, "No such export", said, 400)
    return answer


def page(template: str) -> Callable[[Build], Callable[..., HttpResponseBase]]:
    """Makes a view of a function that gives a template's context: guarded, read only, exportable."""

    def decorate(build: Build) -> Callable[..., HttpResponseBase]:
        @require_safe
        @guarded
        @wraps(build)
        def view(request: HttpRequest, **arguments: Any) -> HttpResponseBase:
            try:
                asked = Asked(request)
                context = build(asked, **arguments)
            except NotFoundError as missing:
                return message(request, "Not found", str(missing), 404)
            except TachographError as error:
                return message(request, "This cannot be shown", str(error), 400)
            return _shown(asked, template, {"window": asked.window, "asked": asked, **context})

        return view

    return decorate
