"""EXPLAIN's JSON as a tree that can be shown, and walked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

# What a node says of the rows it takes, in the order in which it is shown.
_CONDITIONS: Final = (
    "Index Cond", "Recheck Cond", "TID Cond", "Hash Cond", "Merge Cond", "Join Filter", "Filter",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Node:
    """A step of a plan.

    `cost` is in the planner's units, with that of the children, as often as they are run; `own_cost` is
    without. `rows` is the planner's estimate. `is_costly` marks the one node whose own cost is the highest.
    `relation` is a table, `alias` its name in the statement, both as EXPLAIN writes them; empty for a step
    that reads none.
    `sort_keys`, `conditions` (what kind, and the text) and `filter` are SQL with `$1` for values.
    """

    node_type: str
    schema: str
    relation: str
    alias: str
    index: str
    cost: float
    own_cost: float
    rows: float
    is_costly: bool
    filter: str
    conditions: tuple[tuple[str, str], ...]
    sort_keys: tuple[str, ...]
    children: tuple[Node, ...]

    def walk(self) -> Iterator[Node]:
        """This node and all below it, each before its children."""
        yield self
        for child in self.children:
            yield from child.walk()


def tree(plan: Mapping[str, Any]) -> Node:
    """The tree of `plan`, as `EXPLAIN (FORMAT JSON)` gives it: an object with the key "Plan"."""
    root = _node(plan["Plan"], times=1.0, processes=1.0)
    costly = max(root.walk(), key=lambda node: node.own_cost)
    return _marked(root, costly)


def _node(raw: Mapping[str, Any], *, times: float, processes: float) -> Node:
    """`times`: how often it is run, by the estimate of what is around it; below 1 where it is left early.

    `processes`: how many share its rows; EXPLAIN gives those of one.
    """
    if "Workers Planned" in raw:
        processes = _sharing(raw["Workers Planned"])
    children = tuple(
        _node(child, times=times * _repeats(raw, child), processes=processes)
        for child in raw.get("Plans", ())
    )
    cost = raw["Total Cost"] * times
    inside = sum(child.cost for child in children)
    conditions = tuple((kind, str(raw[kind])) for kind in _CONDITIONS if kind in raw)
    return Node(
        node_type=raw["Node Type"],
        schema=raw.get("Schema", ""),
        relation=raw.get("Relation Name", ""),
        alias=raw.get("Alias", ""),
        index=raw.get("Index Name", ""),
        cost=cost,
        own_cost=max(cost - inside, 0.0),
        rows=raw["Plan Rows"] * (1.0 if "Workers Planned" in raw else processes),
        is_costly=False,
        filter=str(raw.get("Filter", "")),
        conditions=conditions,
        sort_keys=tuple(raw.get("Sort Key", ())),
        children=children,
    )


def _repeats(raw: Mapping[str, Any], child: Mapping[str, Any]) -> float:
    """How often `child` is run for each run of `raw`; a part of once where a LIMIT ends it early."""
    if child["Total Cost"] <= 0:
        return 1.0
    if raw["Node Type"] == "Limit":
        return min(float(raw["Total Cost"] / child["Total Cost"]), 1.0)
    is_inner = raw["Node Type"] == "Nested Loop" and child.get("Parent Relationship") == "Inner"
    if not is_inner or child["Node Type"] == "Materialize":
        return 1.0
    (outer,) = (other for other in raw["Plans"] if other.get("Parent Relationship") == "Outer")
    paid = (raw["Total Cost"] - outer["Total Cost"]) / child["Total Cost"]
    often: float = min(max(outer["Plan Rows"], 1.0), max(paid, 0.0))
    return often


def _sharing(workers: int) -> float:
    """As the planner counts them: the leader helps the less, the more workers it has to wait on."""
    return workers + max(1.0 - 0.3 * workers, 0.0)


def _marked(node: Node, costly: Node) -> Node:
    if node is costly:
        return replace(node, is_costly=True)
    return replace(node, children=tuple(_marked(child, costly) for child in node.children))
