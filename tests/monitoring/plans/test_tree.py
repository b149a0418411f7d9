"""Which node of a plan is marked: by what it costs itself, as often as it is run."""

from monitoring.plans.tree import tree


def node(kind, cost, rows=1, *children, **more):
    return {"Node Type": kind, "Total Cost": cost, "Plan Rows": rows, "Plans": list(children), **more}


def costly(plan):
    (found,) = [one for one in tree({"Plan": plan}).walk() if one.is_costly]
    return found


def test_a_node_counts_without_its_children():
    found = costly(node("Sort", 120, 10, node("Seq Scan", 100, 10)))
    assert (found.node_type, found.cost, found.own_cost) == ("Seq Scan", 100, 100)


def test_what_a_nested_loop_repeats_counts_each_time():
    outer = node("Seq Scan", 300, 50, **{"Parent Relationship": "Outer"})
    inner = node("Index Scan", 20, 1, **{"Parent Relationship": "Inner"})
    found = costly(node("Nested Loop", 1_310, 50, outer, inner))
    assert (found.node_type, found.cost) == ("Index Scan", 1_000)


def test_a_materialised_inner_side_is_made_once():
    outer = node("Seq Scan", 300, 50, **{"Parent Relationship": "Outer"})
    inner = node("Materialize", 21, 9, node("Seq Scan", 20, 9), **{"Parent Relationship": "Inner"})
    assert costly(node("Nested Loop", 1_310, 50, outer, inner)).node_type == "Nested Loop"


def test_a_limit_pays_for_a_part_only():
    limited = node("Limit", 10, 20, node("Index Scan", 1_000, 2_000))
    found = tree({"Plan": node("Hash Join", 60, 20, limited, node("Seq Scan", 40, 5))})
    assert [one.is_costly for one in found.walk()] == [False, False, False, True]


def test_rows_of_parallel_workers_are_summed():
    gather = node("Gather", 100, 2_400, node("Seq Scan", 90, 1_000), **{"Workers Planned": 2})
    assert [one.rows for one in tree({"Plan": gather}).walk()] == [2_400, 2_400]
