"""One statement's plan, what is wrong with it, and what would help: all that one look at the server tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import findings, tables
from .advice import Advice, advise, is_there
from .findings import Finding, Found, Stored
from .placeholders import numbered
from .prepared import explain
from .tree import Node, tree


@dataclass(frozen=True, slots=True)
class Examined:
    """`plan` is EXPLAIN's JSON, `root` the same as a tree."""

    plan: dict[str, Any]
    root: Node
    findings: list[Finding]
    advice: list[Advice]


def examine(cursor: Any, sql: str, stored: Stored | None = None) -> Examined:
    """Plan `sql`, a normalised statement, with `cursor` in a transaction; nothing is run or kept.

    Raises PlanError.
    """
    statement = numbered(sql)
    plan = explain(cursor, statement)
    root = tree(plan)
    found = findings.find(root, tables.read(cursor, root.walk()), stored)
    candidates = [one.candidate for one in found if one.candidate is not None]
    advice = advise(cursor, statement, candidates, root.cost)
    return Examined(plan, root, [*map(_told, found)], advice)


def _told(found: Found) -> Finding:
    if found.candidate is None or not is_there(found.candidate):
        return found.finding
    text = "An index on the same columns is there; the planner does not expect it to help."
    return Finding(found.finding.kind, found.finding.table, f"{found.finding.text} {text}")
