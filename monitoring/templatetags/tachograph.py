"""What the console's templates are made of."""

from __future__ import annotations

from typing import Any

from django import template
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html

from monitoring.conf import conf
from monitoring.console import formats
from monitoring.console.charts import Chart, sparkline
from monitoring.console.columns import PROMISES
from monitoring.console.registry import OWN, registered
from monitoring.console.tables import Table
from monitoring.reports.windows import DEFAULT, WINDOWS

register = template.Library()
for name in ("ms", "seconds", "number", "percent", "size", "when"):
    register.filter(name, getattr(formats, name))
register.simple_tag(formats.badge, name="badge")
register.simple_tag(formats.change, name="change")


@register.filter
def promise(name: str) -> str:
    """A promise of a budget, or a kind of trouble, as people say it."""
    return PROMISES.get(name, name.replace("_", " "))


@register.simple_tag(takes_context=True)
def may(context: template.Context, action: str) -> bool:
    """Whether who looks has that permission of Tachograph's."""
    return bool(context["request"].user.has_perm(f"tachograph.{action}"))


@register.inclusion_tag("tachograph/parts/navigation.html", takes_context=True)
def console_navigation(context: template.Context) -> dict[str, Any]:
    """The links to all pages; the chosen window goes with them."""
    request: HttpRequest = context["request"]
    match = request.resolver_match
    current = match.url_name if match else ""
    chosen = request.GET.get("window", "")
    suffix = f"?window={chosen}" if chosen in WINDOWS and chosen != DEFAULT else ""

    def link(entry: Any) -> dict[str, Any]:
        return {
            "title": entry.title,
            "url": reverse(f"tachograph-console:{entry.name}") + suffix,
            "is_current": current in (entry.name, _DETAILS.get(entry.name)),
        }

    return {"own": [link(entry) for entry in OWN], "apps": [link(entry) for entry in registered()]}


_DETAILS = {"endpoints": "endpoint", "queries": "query"}


@register.inclusion_tag("tachograph/parts/windows.html", takes_context=True)
def window_picker(context: template.Context) -> dict[str, Any]:
    """Links to the same page over other windows."""
    chosen = context["window"].name
    return {"request": context["request"], "names": list(WINDOWS), "chosen": chosen}


@register.inclusion_tag("tachograph/parts/table.html", takes_context=True)
def table(context: template.Context, shown: Table) -> dict[str, Any]:
    """A Table with its caption, sortable heads, exports and pages."""
    return {"table": shown, "request": context["request"]}


@register.inclusion_tag("tachograph/parts/chart.html")
def chart(shown: Chart) -> dict[str, Any]:
    """A Chart: a figure, its legend, and its numbers as a table."""
    return {"chart": shown}


@register.simple_tag
def spark(values: Any, label: str) -> str:
    """A small line beside a figure."""
    points = sparkline(values)
    if not points:
        return ""
    return format_html(
        '<svg class="spark" viewBox="0 0 96 22" role="img" aria-label="{}"><polyline points="{}"/></svg>',
        label,
        points,
    )


@register.simple_tag
def admin_url() -> str:
    """Where the project's admin is; empty without one."""
    try:
        return reverse("admin:index")
    except NoReverseMatch:
        return ""


@register.simple_tag
def store_is_off() -> bool:
    """Whether this process keeps no figures in the store."""
    return not conf().STORE


@register.simple_tag
def zone() -> str:
    """The time zone that the console's times are in."""
    return timezone.get_current_timezone_name()
