"""How figures are written for people. Each takes None for what is not known."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

UNKNOWN: Final = "\N{EN DASH}"
SIGNS: Final = {
    "good": "✓",
    "bad": "✕",
    "warn": "!",
    "off": "○",
    "info": "•",
}


def ms(value: float | None) -> str:
    """Milliseconds: `0.42 ms`, `12.3 ms`, `1.24 s`."""
    if value is None:
        return UNKNOWN
    if value >= 10_000:
        return f"{value / 1000:,.1f} s"
    if value >= 1000:
        return f"{value / 1000:.2f} s"
    if value >= 100:
        return f"{value:.0f} ms"
    return f"{value:.1f} ms" if value >= 1 else f"{value:.2f} ms"


def seconds(value: float | None) -> str:
    """Seconds, as `ms` writes them; days and hours where they are long."""
    if value is None:
        return UNKNOWN
    if value >= 120:
        return str(timedelta(seconds=round(value)))
    return ms(value * 1000)


def number(value: float | None) -> str:
    """`1,234`; `12.3M` for what nobody reads to the end; a small fraction with two decimals."""
    if value is None:
        return UNKNOWN
    if abs(value) >= 1_000_000:
        return f"{value / 1e6:,.1f}M"
    if abs(value) >= 100 or float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:,.2f}"


def percent(value: float | None) -> str:
    """A share of 1: `99.2 %`; a small one with the digits that tell it from none."""
    if value is None:
        return UNKNOWN
    if 0 < value < 0.001:
        return "< 0.1 %"
    return f"{value * 100:.1f} %"


def size(value: float | None) -> str:
    """Bytes: `12.3 MB`."""
    if value is None:
        return UNKNOWN
    left = float(value)
    for unit in ("B", "kB", "MB", "GB"):
        if abs(left) < 1000:
            return f"{left:.0f} {unit}" if unit == "B" else f"{left:.1f} {unit}"
        left /= 1000
    return f"{left:.1f} TB"


def when(value: datetime | None) -> SafeString | str:
    """A time in the project's time zone; its whole date and zone for machines and on hover."""
    if value is None:
        return UNKNOWN
    local = timezone.localtime(value)
    days = abs((timezone.localtime() - local).days)
    text = local.strftime("%H:%M:%S" if days < 1 else "%d %b %H:%M")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', local.isoformat(), local.isoformat(" "), text
    )


def change(value: float | None, *, less_is_better: bool = True) -> SafeString | str:
    """A relative change against the window before: a sign, a number, and whether that is good."""
    if value is None:
        return UNKNOWN
    if abs(value) < 0.005:
        return "± 0 %"
    is_good = (value < 0) == less_is_better
    arrow, word = ("▲", "up") if value > 0 else ("▼", "down")
    return format_html(
        '<span class="change {}"><i aria-hidden="true">{}</i> <span class="hidden">{}</span>{} %</span>',
        "good" if is_good else "bad", arrow, word, f"{abs(value) * 100:,.0f}",
    )  # fmt: skip


def badge(kind: str, text: str) -> SafeString:
    """A state as a sign and a word, so that it is told without its colour. `kind` is one of SIGNS."""
    return format_html(
        '<span class="badge {}"><span aria-hidden="true">{}</span> {}</span>', kind, SIGNS[kind], text
    )
