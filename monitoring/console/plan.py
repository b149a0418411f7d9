"""A plan as a tree that shows where its cost lies, what is wrong with it, and what would help."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from ..plans import Node, tree
from ..reports.shapes import PlanFigures

MOST_NOTE: Final = 300
# Below that a page is not readable, and its template not renderable.
MOST_DEEP: Final = 40


@dataclass(frozen=True, slots=True)
class Step:
    """A node and its share of the whole plan's cost."""

    node: Node
    share: float
    children: list[Step]

    @property
    def width(self) -> str:
        """Its share as a width of 100."""
        return f"{max(self.share * 100, 0.5):.1f}"

    @property
    def notes(self) -> Iterator[tuple[str, str]]:
        """What it does with its rows."""
        if self.node.index:
            yield "Index", self.node.index
        if self.node.sort_keys:
            yield "Sort Key", _cut(", ".join(self.node.sort_keys))
        for name, text in self.node.conditions:
            yield name, _cut(text)


@dataclass(frozen=True, slots=True)
class Shown:
    """The plan of a query: its tree and costliest step, findings (kind, text), advice as stored."""

    root: Step | None
    costly: Step | None
    findings: list[tuple[str, str]]
    advice: list[dict[str, Any]]


def _cut(text: str) -> str:
    return text if len(text) <= MOST_NOTE else text[:MOST_NOTE] + " …"


def _step(node: Node, whole: float, depth: int = 0) -> Step:
    below = node.children if depth < MOST_DEEP else ()
    return Step(node, node.own_cost / whole, [_step(child, whole, depth + 1) for child in below])


def _walk(step: Step) -> Iterator[Step]:
    yield step
    for child in step.children:
        yield from _walk(child)


def shown(plan: PlanFigures | None) -> Shown:
    """What there is to show of a stored plan; nothing where there is none."""
    if plan is None or not plan.plan:
        return Shown(None, None, [], [])
    root = tree(plan.plan)
    step = _step(root, sum(node.own_cost for node in root.walk()) or 1.0)
    costly = next((found for found in _walk(step) if found.node.is_costly), None)
    findings = [(one["kind"].replace("_", " "), one["text"]) for one in plan.findings]
    return Shown(step, costly, findings, plan.advice)
