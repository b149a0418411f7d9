"""Random trees of nested operations: totals add up and the context is left empty, whatever happens."""

import asyncio
from collections import Counter

import pytest
from django.core.cache import caches
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitoring import operation
from monitoring.record import current

pytestmark = pytest.mark.django_db

# A leaf: so many queries or cache calls. A block: how it ends, and what is in it.
leaves = st.tuples(st.sampled_from(["query", "cache"]), st.integers(0, 3))
ENDINGS = ["well", "raises", "is cancelled"]
trees = st.recursive(
    leaves,
    lambda children: st.tuples(st.sampled_from(ENDINGS), st.lists(children, max_size=4)),
    max_leaves=15,
)
roots = st.tuples(st.sampled_from(ENDINGS), st.lists(trees, max_size=4))
several = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class EndedError(Exception):
    """A block's own end."""


def work(leaf):
    kind, number = leaf
    for value in range(number):
        if kind == "query":
            with connection.cursor() as cursor:
                cursor.execute("SELECT %s", (value,))
        else:
            caches["default"].get(f"absent-{value}")
    return Counter({kind: number})


def is_leaf(tree):
    return isinstance(tree[1], int)


def run(tree):
    """Do what the tree says. Returns what was done, by kind."""
    if is_leaf(tree):
        return work(tree)
    ending, children = tree
    done = Counter()
    try:
        with operation("block"):
            for child in children:
                done += run(child)
            if ending != "well":
                raise EndedError
    except EndedError:
        pass
    return done


def told(tree, into):
    """What each block of the tree must have recorded, in the order in which they end."""
    if is_leaf(tree):
        return Counter({tree[0]: tree[1]})
    done = sum((told(child, into) for child in tree[1]), Counter())
    into.append((done["query"], done["cache"], "ok" if tree[0] == "well" else "error"))
    return done


def recorded(ended):
    return [(one.queries, sum(one.cache.values()), one.status) for one in ended]


@several
@given(tree=roots)
def test_random_trees_add_up(ended, figure, tree):
    ended.clear()
    queries, calls = figure("tacho_db_query_duration_seconds"), figure("tacho_cache_calls")
    done = run(tree)
    wanted = []
    assert told(tree, wanted) == done
    assert recorded(ended) == wanted
    assert figure("tacho_db_query_duration_seconds") - queries == done["query"]
    assert figure("tacho_cache_calls") - calls == done["cache"]
    assert current() is None


async def run_async(tree, done):
    """Each block is a task of its own; one that is cancelled is cancelled while it waits."""
    if is_leaf(tree):
        if tree[0] == "cache":
            done.update(work(tree))
        await asyncio.sleep(0)
        return
    ending, children = tree
    waiting = asyncio.Event()

    async def block():
        with operation("block"):
            await asyncio.gather(*(run_async(child, done) for child in children))
            waiting.set()
            if ending == "is cancelled":
                await asyncio.sleep(60)
            if ending == "raises":
                raise EndedError

    task = asyncio.create_task(block())
    await waiting.wait()
    if ending == "is cancelled":
        task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled() is (ending == "is cancelled")


@several
@given(tree=roots)
def test_random_trees_of_concurrent_tasks_add_up(ended, figure, tree):
    ended.clear()
    calls = figure("tacho_cache_calls")
    done = Counter()
    asyncio.run(run_async(tree, done))
    wanted = []
    told(tree, wanted)
    assert sorted((cache, status) for _, cache, status in recorded(ended)) == sorted(
        (cache, status) for _, cache, status in wanted
    )
    assert figure("tacho_cache_calls") - calls == done["cache"]
    assert current() is None
