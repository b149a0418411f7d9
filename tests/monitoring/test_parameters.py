"""Equal parameters have equal hashes; different ones differ, also where Python's own hash does not."""

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb

from monitoring.parameters import parameters_hash

SQL = "SELECT %s"


class Opaque:
    pass


@pytest.mark.parametrize(
    "parameters",
    [
        (), None, (1, "a", None, True), [1, 2], {"a": 1}, ([1, 2], "x"),
        (b"x", bytearray(b"y"), memoryview(b"z")),
        (date(2026, 1, 1), Decimal("1.50"), UUID(int=7)), (Jsonb({"a": [1, {"b": 2}]}),), ({1, 2},),
    ],
)  # fmt: skip
def test_equal_parameters_have_equal_hashes(parameters):
    import copy

    again = parameters if _has_view(parameters) else copy.deepcopy(parameters)
    assert parameters_hash(SQL, parameters) == parameters_hash(SQL, again)


def _has_view(parameters):
    return isinstance(parameters, tuple) and any(isinstance(value, memoryview) for value in parameters)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((1,), (2,)), ((-1,), (-2,)), (([-1],), ([-2],)), ((1, 2), (2, 1)), ({"a": 1}, {"a": 2}),
        ((Jsonb({"a": "x" * 60 + "1"}),), (Jsonb({"a": "x" * 60 + "2"}),)), ([(1,), (2,)], [(1,), (3,)]),
    ],
)  # fmt: skip
def test_different_parameters_have_different_hashes(one, other):
    assert parameters_hash(SQL, one) != parameters_hash(SQL, other)


def test_the_same_parameters_of_another_statement_differ():
    assert parameters_hash(SQL, (1,)) != parameters_hash("SELECT 1 + %s", (1,))


def test_what_says_nothing_of_its_value_is_like_nothing_else():
    hashes = {parameters_hash(SQL, (Opaque(),)) for _ in range(50)}
    assert len(hashes) == 50


def test_an_iterator_of_rows_is_not_consumed():
    rows = iter([(1,), (2,)])
    parameters_hash(SQL, rows)
    assert list(rows) == [(1,), (2,)]
