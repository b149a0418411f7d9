"""How every list of the API is cut: by page and limit, or, with `cursor=`, by keyset without counting."""

from typing import Any

from django.core.exceptions import ValidationError as ModelValidationError
from django.core.paginator import EmptyPage, Paginator
from django.db.models import QuerySet
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import BasePagination, CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

LIMIT_DEFAULT = 50
LIMIT_MAX = 100


def positive_int(request: Request, name: str, default: int, maximum: int | None = None) -> int:
    """The query parameter `name` as a whole number from 1 to `maximum`; raises ValidationError (400)."""
    raw = request.query_params.get(name, "")
    if raw == "":
        return default
    upto = f"from 1 to {maximum}" if maximum else "of 1 or more"
    if not (raw.isascii() and raw.isdigit() and len(raw) <= 18 and int(raw) >= 1):
        raise ValidationError({name: [f"'{name}' must be a whole number {upto}."]})
    if maximum and int(raw) > maximum:
        raise ValidationError({name: [f"'{name}' must be {upto}; ask for further pages instead."]})
    return int(raw)


class KeysetPagination(CursorPagination):
    """`?cursor=` (empty for the first page): `{"data", "limit", "next", "previous"}`."""

    def get_page_size(self, request: Request) -> int:
        return positive_int(request, "limit", LIMIT_DEFAULT, LIMIT_MAX)

    def paginate_queryset(
        self, queryset: QuerySet, request: Request, view: APIView | None = None
    ) -> list[Any]:
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, ModelValidationError) as error:
            # Well formed, and for another list's kind of key.
            raise NotFound(self.invalid_cursor_message) from error

    def get_ordering(self, request: Request, queryset: QuerySet, view: APIView) -> tuple[str, ...]:  # noqa: ARG002
        return tuple(queryset.query.order_by)

    def get_paginated_response(self, data: list[Any]) -> Response:
        links = {"next": self.get_next_link(), "previous": self.get_previous_link()}
        return Response({"data": data, "limit": self.page_size} | links)


class PagePagination(BasePagination):
    """`?page=&limit=`: `{"data", "page", "limit", "total"}`; with `cursor=`, KeysetPagination's shape.

    A queryset must be ordered by something unique. A page beyond the end is 404, a limit over 100 is 400.
    """

    def paginate_queryset(
        self, queryset: QuerySet, request: Request, view: APIView | None = None
    ) -> list[Any]:
        self.keyset = KeysetPagination() if "cursor" in request.query_params else None
        if self.keyset:
            return self.keyset.paginate_queryset(queryset, request, view)
        self.limit = positive_int(request, "limit", LIMIT_DEFAULT, LIMIT_MAX)
        self.page = positive_int(request, "page", 1)
        paginator = Paginator(queryset.values("pk"), self.limit)
        self.total = paginator.count
        try:
            keys = paginator.page(self.page).object_list
        except EmptyPage:
            beyond = f"Page {self.page} is beyond the end: the last page is {paginator.num_pages}."
            raise NotFound(beyond) from None
        # The keys alone are counted off: what a row is joined with is read for this page only.
        return list(queryset.filter(pk__in=keys))

    def get_paginated_response(self, data: list[Any]) -> Response:
        if self.keyset:
            return self.keyset.get_paginated_response(data)
        return Response({"data": data, "page": self.page, "limit": self.limit, "total": self.total})

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:  # noqa: ARG002
        whole = {"type": "integer", "minimum": 1}
        return [
            _parameter("page", whole | {"default": 1}, "Which page, from 1."),
            _parameter(
                "limit", whole | {"maximum": LIMIT_MAX, "default": LIMIT_DEFAULT}, "Entries on a page."
            ),
            _parameter("cursor", {"type": "string"}, "Keyset paging instead of pages: empty for the first."),
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        whole = {"type": "integer"}
        properties = {"data": schema, "page": whole, "limit": whole, "total": whole}
        return {"type": "object", "required": ["data", "limit"], "properties": properties}


def _parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}
