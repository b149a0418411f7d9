"""Telling equal parameters from different ones by a hash; neither is ever kept or exported."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from itertools import count
from typing import Any

_unlike_any_other = count()
# Not hashable, or hashed by address.
_SAYING_NOTHING: tuple[object, ...] = (None, object.__hash__)


def _frozen(value: Any) -> Hashable:
    """`value` in a form whose hash follows what it says rather than which object it is."""
    frozen: Hashable
    match value:
        case list() | tuple():
            frozen = tuple(_frozen(item) for item in value)
        case Mapping():
            frozen = tuple((key, _frozen(item)) for key, item in value.items())
        case set() | frozenset():
            frozen = frozenset(_frozen(item) for item in value)
        case bytearray() | memoryview():
            frozen = bytes(value)
        case int() | float() if value == -1:
            frozen = "minus one"  # hash(-1) == hash(-2) in CPython
        case _ if hasattr(value, "obj"):  # psycopg's Json and Jsonb, which hash by identity
            frozen = type(value), _frozen(value.obj)
        case _ if value is not None and type(value).__hash__ in _SAYING_NOTHING:
            # Says nothing of its value, and an address is used again: taken to differ from every other.
            frozen = "unlike", next(_unlike_any_other)
        case _:
            frozen = value
    return frozen


# Their hash follows what they say.
PLAIN = frozenset({int, str, type(None), bool})


def parameters_hash(sql: str, params: Any) -> int:
    """A hash of one execution: equal for the same SQL with equal parameters, in this process."""
    return hash((sql, _frozen(params))) if params else hash(sql)
