"""Runs every case with one tool, in a process of its own: `CONFORMANCE_TOOL=zeal python -m ...child`.

Prints a JSON list, one entry a case: null where the tool claims none of the facts, else the facts it showed.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from typing import Any

import django

from .cases import CASES, Case
from .driver import Driver
from .tools import TOOLS, Facts, Tool


def added(before: Facts, after: Facts) -> Facts:
    found: Facts = {}
    for name, value in after.items():
        if isinstance(value, Counter):
            found[name] = dict(value - before[name])  # which drops what did not grow
        else:
            found[name] = round(value - before[name], 1)
    return found


def show(tool: Tool, driver: Driver, case: Case) -> dict[str, Any] | None:
    """The facts of the case, of those that the tool claims."""
    before = tool.facts()
    claimed = [name for name in case.expected if name in before]
    if not (claimed and case.is_for(tool)):
        return None
    case.drive(driver)
    found = added(before, tool.facts())
    return {name: found[name] for name in claimed}


def fill() -> None:
    from django.core.cache import cache
    from django.core.management import call_command

    from .service.models import Book, Shelf

    call_command("migrate", run_syncdb=True, verbosity=0)
    if not Shelf.objects.exists():
        shelves = Shelf.objects.bulk_create(Shelf(name=f"shelf {n}") for n in range(20))
        Book.objects.bulk_create(Book(shelf=shelves[n], title=f"book {n}") for n in range(20))
    cache.set("number", 1)


def main() -> None:
    tool = TOOLS[os.environ["CONFORMANCE_TOOL"]]
    django.setup()
    tool.ready()
    fill()
    driver = Driver()
    for path in ("one", "items/1"):
        driver.get(path)  # connections, the resolver: what a first request does besides
    driver.workers(1)
    driver.get("two_databases")
    driver.aget("one")
    print(json.dumps([show(tool, driver, case) for case in CASES]))
    os._exit(0)  # what a tool would still send at its exit is nobody's


if __name__ == "__main__":
    main()
