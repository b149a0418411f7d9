"""What the query strings of the system API may ask for."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Final

from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from monitoring.reports import operations
from monitoring.reports import queries as reports
from monitoring.reports.windows import DEFAULT, WINDOWS

LIMIT_DEFAULT: Final = 50
LIMIT_MAX: Final = 100
MAX_PAGE: Final = 1_000_000
MAX_TEXT: Final = 500


def _choice(known: Iterable[str], default: str, told: str = "") -> serializers.ChoiceField:
    choices = list(known)
    refusal = f'There is no "{{input}}": choose one of {", ".join(choices)}.'
    return serializers.ChoiceField(
        choices=choices, default=default, help_text=told, error_messages={"invalid_choice": refusal}
    )


class WindowQuery(serializers.Serializer[Any]):
    """How far back."""

    window = _choice(WINDOWS, DEFAULT, "how far back")


class PageQuery(WindowQuery):
    """A page of a list."""

    page = serializers.IntegerField(
        min_value=1, max_value=MAX_PAGE, default=1, help_text="which page, from 1"
    )
    limit = serializers.IntegerField(
        min_value=1, max_value=LIMIT_MAX, default=LIMIT_DEFAULT, help_text="entries on a page"
    )


class SlowQueryQuery(PageQuery):
    """Which statements, in what order."""

    operation = serializers.CharField(
        max_length=MAX_TEXT, required=False, default="", help_text="an operation's name: GET /api/cadets/{id}"
    )
    min_ms = serializers.FloatField(
        min_value=0,
        required=False,
        help_text="statements whose slowest run took so long; by default those that were slow",
    )
    sort = _choice(reports.SORTS, "total")
    search = serializers.CharField(
        max_length=MAX_TEXT, required=False, default="", help_text="a part of the SQL, or a fingerprint"
    )
    state = _choice(reports.STATES, "")

    def validate_min_ms(self, value: float) -> float:
        """A number that can be compared."""
        if not math.isfinite(value):
            raise serializers.ValidationError("Give a number of milliseconds.")
        return value


class OperationQuery(PageQuery):
    """Which operations, in what order."""

    operation_class = serializers.CharField(max_length=64, required=False, default="")
    search = serializers.CharField(
        max_length=MAX_TEXT, required=False, default="", help_text="a part of the name"
    )
    sort = _choice(operations.SORTS, "impact")


class AliasQuery(serializers.Serializer[Any]):
    """Which database."""

    alias = serializers.CharField(max_length=64, default="default", help_text="of the settings' DATABASES")


def asked(query: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """The query string's values; raises ValidationError (400)."""
    found = query(data=request.query_params)
    found.is_valid(raise_exception=True)
    return dict(found.validated_data)


def page_of(number: int, limit: int, total: int) -> dict[str, int]:
    """What a list says of its page. Raises NotFound beyond the last."""
    last = max(1, math.ceil(total / limit))
    if number > last:
        raise NotFound(f"Page {number} is beyond the end: the last page is {last}.")
    return {"page": number, "limit": limit, "total": total}
