"""Pages that apps add to the console."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponseBase
from django.utils.module_loading import autodiscover_modules

from ..errors import ConfigurationError

View = Callable[..., HttpResponseBase]


@dataclass(frozen=True, slots=True)
class Entry:
    """A page in the navigation. `name` is its URL's name and its path under /console/."""

    title: str
    name: str
    view: View | None = None


# The console's own, in the order of the navigation.
OWN = (
    Entry("Overview", "overview"),
    Entry("Endpoints", "endpoints"),
    Entry("Queries", "queries"),
    Entry("N+1", "nplusone"),
    Entry("Cache", "cache"),
    Entry("Database", "database"),
    Entry("Budgets", "budgets"),
    Entry("Recorder", "recorder"),
)
_taken = {entry.name for entry in OWN} | {"actions"}
_registry: dict[str, Entry] = {}


def register(title: str, name: str, view: View | Any) -> None:
    """Adds an app's page at /console/<name>/ and to the navigation, for those who may see the console.

    The view's template extends "tachograph/base.html" and fills its block `content`.
    Raises ConfigurationError where the name is taken.
    """
    entry = Entry(title, name, view)
    if name in _taken or _registry.setdefault(name, entry) != entry:
        raise ConfigurationError(
            f"The console has a page {name!r} already: register {title!r} by another name"
        )


def unregister(name: str) -> None:
    """Takes an app's page back."""
    _registry.pop(name, None)


def registered() -> list[Entry]:
    """Every app's pages by title. Imports the module `console` of each installed app."""
    autodiscover_modules("console")
    return sorted(_registry.values(), key=lambda entry: entry.title)
