"""/api/communities/bulk and /api/communities/import: many at once, all or none, faults told by row."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import ReadOrStaff
from communities.domain.bulk import BULK_MAX, communities_create, communities_update
from communities.models import OBCCommunity

from .csv_rows import CsvParser, csv_rows
from .serializers import CommunityInput


class CommunityChange(CommunityInput):
    id = serializers.IntegerField(min_value=1)

    class Meta(CommunityInput.Meta):
        fields = ("id", *CommunityInput.Meta.fields)


class BulkAnswer(serializers.Serializer):
    count = serializers.IntegerField()
    ids = serializers.ListField(child=serializers.IntegerField())


class CommunityBulkView(APIView):
    operation_class = "sync"
    permission_classes = (ReadOrStaff,)

    @extend_schema(
        operation_id="communities_bulk_create", request=CommunityInput(many=True), responses=BulkAnswer
    )
    def post(self, request: Request) -> Response:
        """Enter up to 1,000 communities."""
        rows = checked(request.data, CommunityInput())
        return _answer(communities_create(user=request.user, rows=rows), status=201)

    @extend_schema(
        operation_id="communities_bulk_update", request=CommunityChange(many=True), responses=BulkAnswer
    )
    def patch(self, request: Request) -> Response:
        """Change up to 1,000 communities: each entry has an `id` and the fields to change."""
        rows = checked(request.data, CommunityChange(), partial=True)
        if without := {
            str(i): {"id": ["This field is required."]} for i, row in enumerate(rows) if "id" not in row
        }:
            raise ValidationError(without)
        changes = {row.pop("id"): row for row in rows}
        if len(changes) < len(rows):
            raise ValidationError({"id": ["Each community may stand in the list once."]})
        return _answer(communities_update(user=request.user, changes=changes))


class CommunityImportView(APIView):
    operation_class = "sync"
    permission_classes = (ReadOrStaff,)
    parser_classes = (CsvParser, MultiPartParser)

    @extend_schema(
        operation_id="communities_import",
        request={"text/csv": OpenApiTypes.STR, "multipart/form-data": {"type": "object", "properties": {
            "file": {"type": "string", "format": "binary"}}}},
        responses={201: BulkAnswer},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Enter the communities of a CSV file with the fields' names in its first line, up to 10,000 of them.

        An empty cell is unknown. Where rows are wrong none is entered, and each is named by its line.
        """
        rows = csv_rows(request.data, CommunityInput)
        return _answer(communities_create(user=request.user, rows=rows), status=201)


def checked(data: Any, row: serializers.BaseSerializer, *, partial: bool = False) -> list[dict[str, Any]]:
    """The rows of a JSON list, validated; raises ValidationError with the faults by the row's index."""
    limits = {"allow_empty": False, "max_length": BULK_MAX}
    body = serializers.ListSerializer(data=data, child=row, partial=partial, **limits)
    if body.is_valid():
        return body.validated_data
    if isinstance(body.errors, list):
        raise ValidationError({str(index): faults for index, faults in enumerate(body.errors) if faults})
    raise ValidationError(body.errors)


def _answer(rows: list[OBCCommunity], status: int = 200) -> Response:
    return Response({"count": len(rows), "ids": [row.pk for row in rows]}, status=status)
