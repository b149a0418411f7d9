"""Serializers of dataclasses: a report's shape is written once."""

from __future__ import annotations

import types
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from rest_framework import serializers

_PLAIN: Mapping[Any, type[serializers.Field[Any, Any, Any, Any]]] = {
    str: serializers.CharField,
    int: serializers.IntegerField,
    float: serializers.FloatField,
    bool: serializers.BooleanField,
    datetime: serializers.DateTimeField,
    date: serializers.DateField,
}


def serializer_of(shape: type) -> type[serializers.Serializer[Any]]:
    """The serializer of a dataclass: of all its fields that its repr shows."""
    return _made(shape)


@lru_cache(None)
def _made(shape: Hashable) -> type[serializers.Serializer[Any]]:
    assert isinstance(shape, type)
    assert is_dataclass(shape)
    hints = get_type_hints(shape)
    declared: dict[str, Any] = {one.name: _field(hints[one.name]) for one in fields(shape) if one.repr}
    declared["__doc__"] = shape.__doc__
    # The schema's names are the whole project's: "Session" may be somebody else's.
    return type(f"Tachograph{shape.__name__}", (serializers.Serializer,), declared)


def _field(hint: Any, **options: Any) -> serializers.Field[Any, Any, Any, Any]:
    """The field of a type. `X | None` may be null; what has no shape of its own is plain JSON."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        known = [one for one in arguments if one is not type(None)]
        number = set(known) == {int, float}
        return _field(float if number else known[0], allow_null=len(known) < len(arguments))
    if origin is Literal:
        return serializers.ChoiceField(choices=list(arguments), **options)
    if origin in (list, tuple, Sequence):
        return _listed(arguments, **options)
    if origin in (dict, Mapping):
        return serializers.DictField(child=_field(arguments[1]), **options)
    if is_dataclass(hint) and isinstance(hint, type):
        return serializer_of(hint)(**options)
    return _PLAIN.get(hint, serializers.JSONField)(**options)


def _listed(arguments: Sequence[Any], **options: Any) -> serializers.Field[Any, Any, Any, Any]:
    """`list[X]` and `tuple[X, ...]`; a tuple of differing types is plain JSON."""
    if len(arguments) == 2 and arguments[1] is not Ellipsis:
        return serializers.ListField(child=serializers.JSONField(), **options)
    if is_dataclass(arguments[0]) and isinstance(arguments[0], type):
        return serializer_of(arguments[0])(many=True, **options)
    return serializers.ListField(child=_field(arguments[0]), **options)


def told(report: Any) -> dict[str, Any]:
    """A report as plain JSON."""
    return dict(serializer_of(type(report))(report).data)
