"""Operations nest: what a block costs counts in it and in every operation around it, and totals once."""

import asyncio
import threading
from contextvars import copy_context

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections

from monitoring import carry, operation, switch
from monitoring.record import UNKNOWN_CPU, current


def query(number: int = 1, *, value: int | None = None) -> None:
    with connection.cursor() as cursor:
        for i in range(number):
            cursor.execute("SELECT %s", (i if value is None else value,))


def test_outside_of_any_operation_nothing_is_current():
    assert current() is None


def test_a_block_is_current_while_it_runs():
    with operation("outer") as outer:
        assert current() is outer
        with operation("inner") as inner:
            assert current() is inner
        assert current() is outer
    assert current() is None


def test_status_is_ok_or_error(ended):
    with operation("fine"):
        pass
    with pytest.raises(ZeroDivisionError), operation("broken"):
        _ = 1 / 0
    assert [(one.name, one.status) for one in ended] == [("fine", "ok"), ("broken", "error")]


def test_decorates_functions_and_coroutines(ended):
    @operation("plain", operation_class="report")
    def plain(x):
        return x + current().started_at * 0

    @operation("async")
    async def later(x):
        await asyncio.sleep(0)
        return current().name, x

    assert plain(1) == 1
    assert plain(2) == 2
    assert asyncio.run(later(3)) == ("async", 3)
    assert [(one.name, one.operation_class) for one in ended] == [
        ("plain", "report"), ("plain", "report"), ("async", "system"),
    ]  # fmt: skip


@pytest.mark.django_db
def test_a_nested_block_counts_in_its_parent_and_in_the_totals_once(ended, figure):
    with operation("outer"):
        query(2, value=1)
        with operation("inner"):
            query(3, value=1)
    inner, outer = ended
    assert (inner.queries, inner.duplicates) == (3, 2)
    assert (outer.queries, outer.duplicates) == (5, 4)
    assert outer.db_ns >= inner.db_ns > 0
    assert figure("tacho_db_query_duration_seconds", "default") == 5
    assert figure("tacho_operation_db_queries") == 2
    assert figure("tacho_recorder_unattributed_queries") == 0


@pytest.mark.django_db
def test_an_n_plus_one_over_blocks_is_found_in_the_operation_around_them(ended):
    with operation("outer"):
        for value in range(6):
            with operation("inner"):
                query(1, value=value)
    *inner, outer = ended
    assert [one.nplusone for one in inner] == [[]] * 6
    (found,) = outer.nplusone
    assert found.runs == 6
    assert found.place.function == "query"


@pytest.mark.django_db
def test_what_runs_after_the_end_is_unattributed_and_not_lost(ended, figure):
    with operation("over"):
        context = copy_context()
    context.run(query, 3)
    assert ended[0].queries == 0
    assert figure("tacho_recorder_unattributed_queries") == 3
    assert figure("tacho_db_query_duration_seconds", "default") == 3


@pytest.mark.django_db(transaction=True)
def test_a_thread_without_the_context_is_unattributed(ended, figure):
    def work():
        try:
            query(2)
        finally:
            connection.close()

    with operation("outer"):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert ended[0].queries == 0
    assert figure("tacho_recorder_unattributed_queries") == 2


@pytest.mark.django_db
def test_a_block_that_outlives_its_parent_counts_by_itself(ended, figure):
    inner = operation("inner")
    with operation("outer"):
        context = copy_context()  # what a task or a thread that carries the context has
        context.run(inner.__enter__)
        context.run(query, 1)
    context.run(query, 1)
    context.run(inner.__exit__, None, None, None)
    assert [(one.name, one.queries) for one in ended] == [("outer", 0), ("inner", 2)]
    assert figure("tacho_db_query_duration_seconds", "default") == 2
    assert current() is None


@pytest.mark.django_db
def test_the_switch_stops_and_starts_recording(ended, figure):
    switch.pause()
    try:
        with operation("unseen"):
            query(1)
    finally:
        switch.resume()
    with operation("seen"):
        query(1)
    assert [one.name for one in ended] == ["seen"]
    assert figure("tacho_db_query_duration_seconds", "default") == 1


@pytest.mark.django_db(transaction=True)
def test_a_carried_function_counts_in_the_operation_from_any_thread(ended, figure):
    from concurrent.futures import ThreadPoolExecutor

    def work(value):
        try:
            query(1, value=value)
        finally:
            connection.close()
        return value

    with operation("outer"), ThreadPoolExecutor(4) as pool:
        assert list(pool.map(carry(work), range(8))) == list(range(8))
    assert ended[-1].queries == 8
    assert figure("tacho_recorder_unattributed_queries") == 0


@pytest.mark.django_db(transaction=True)
async def test_the_line_of_an_async_function_is_found(ended):
    from django.contrib.auth.models import Group

    with operation("async"):
        for name in range(7):
            await Group.objects.filter(name=str(name)).aexists()
    await sync_to_async(connections.close_all)()
    (found,) = ended[0].nplusone
    assert found.place.function == "test_the_line_of_an_async_function_is_found"
    assert found.place.file.endswith("test_operations.py")
    assert ended[0].cpu_ns == UNKNOWN_CPU
