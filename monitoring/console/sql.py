"""Statements and plans, as people read them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import sqlparse
from django.utils.safestring import SafeString, mark_safe
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PostgresLexer

# A statement may be a megabyte long. What is laid out and coloured is what somebody reads.
MOST_LAID_OUT: Final = 6_000
MOST_SHOWN: Final = 20_000
_formatter = HtmlFormatter(nowrap=True)
_lexer = PostgresLexer()


@dataclass(frozen=True, slots=True)
class Shown:
    """`html` of the first part; `left` characters are not in it."""

    html: SafeString
    left: int


def shown(sql: str) -> Shown:
    """The statement, laid out and coloured by pygments' classes; a very long one in part."""
    text = sql[:MOST_SHOWN]
    if len(text) <= MOST_LAID_OUT:
        text = sqlparse.format(text, reindent=True)
    # Escaped by pygments.
    return Shown(mark_safe(highlight(text, _lexer, _formatter)), len(sql) - min(len(sql), MOST_SHOWN))  # noqa: S308


@dataclass(slots=True)
class Node:
    """A node of a plan. `own` is its cost without its children's, `share` that of the whole plan's."""

    name: str
    on: str
    rows: float | None
    total: float
    own: float
    share: float = 0.0
    is_costly: bool = False
    notes: list[tuple[str, str]] = field(default_factory=list)
    children: list[Node] = field(default_factory=list)

    def walk(self) -> Iterator[Node]:
        """The node and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def width(self) -> str:
        """Its share as a width of 100."""
        return f"{max(self.share * 100, 0.5):.1f}"


_NOTES = ("Index Name", "Index Cond", "Hash Cond", "Merge Cond", "Join Filter", "Filter", "Recheck Cond",
          "Sort Key", "Group Key", "Subplan Name", "Join Type", "Workers Planned")  # fmt: skip
MOST_NOTE: Final = 300


def _note(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= MOST_NOTE else text[:MOST_NOTE] + " …"


def _node(raw: dict[str, Any]) -> Node:
    children = [_node(child) for child in raw.get("Plans", ())]
    total = float(raw.get("Total Cost") or 0)
    return Node(
        name=str(raw.get("Node Type", "?")),
        on=str(raw.get("Relation Name") or raw.get("CTE Name") or raw.get("Function Name") or ""),
        rows=raw.get("Plan Rows"),
        total=total,
        own=max(total - sum(child.total for child in children), 0.0),
        notes=[(name, _note(raw[name])) for name in _NOTES if raw.get(name)],
        children=children,
    )


def tree(plan: Any) -> Node | None:
    """EXPLAIN's JSON as a tree whose costliest node is marked; None where there is no plan."""
    raw = plan[0] if isinstance(plan, list) and plan else plan
    if not isinstance(raw, dict) or "Plan" not in raw:
        return None
    root = _node(raw["Plan"])
    whole = sum(node.own for node in root.walk()) or 1.0
    for node in root.walk():
        node.share = node.own / whole
    max(root.walk(), key=lambda node: node.own).is_costly = True
    return root
