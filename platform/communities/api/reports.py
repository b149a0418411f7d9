"""/api/reports/coverage: totals per region, province and municipality, as JSON or CSV, line by line."""

import csv
import json
from collections.abc import Iterator
from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from communities.domain.report import COLUMNS, coverage_report
from geography.domain.queries import region_named


class CsvRenderer(BaseRenderer):
    """Only for the negotiation: the view streams by itself."""

    media_type, format = "text/csv", "csv"


class CoverageReportView(APIView):
    operation_class = "report"
    renderer_classes = (JSONRenderer, CsvRenderer)

    def handle_exception(self, exc: Exception) -> Response:
        """An error is JSON, whatever was asked for."""
        self.request.accepted_renderer = JSONRenderer()
        self.request.accepted_media_type = JSONRenderer.media_type
        return super().handle_exception(exc)

    @extend_schema(
        operation_id="reports_coverage",
        parameters=[
            OpenApiParameter("region", str, description="two digits, or a PSGC code"),
            OpenApiParameter("format", str, enum=["json", "csv"], description="or by the header Accept"),
        ],
        responses={(200, "application/json"): OpenApiTypes.OBJECT, (200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        """What is known about the communities of each region, its provinces and its municipalities."""
        lines = coverage_report(_region(request))
        if request.accepted_renderer.format == "csv":
            headers = {"Content-Disposition": 'attachment; filename="coverage.csv"'}
            return StreamingHttpResponse(_csv(lines), content_type="text/csv; charset=utf-8", headers=headers)
        return StreamingHttpResponse(_json(lines), content_type="application/json")


def _region(request: Request) -> Any:
    name = request.query_params.get("region", "")
    region = region_named(name) if name else None
    if name and region is None:
        raise ValidationError({"region": [f"No region has the code {name}; /api/regions lists them."]})
    return region


class _Echo:
    """A file that hands back what csv writes to it."""

    def write(self, text: str) -> str:
        return text


def _csv(lines: Iterator[dict[str, Any]]) -> Iterator[str]:
    writer = csv.DictWriter(_Echo(), COLUMNS)
    yield writer.writeheader()
    for line in lines:
        yield writer.writerow(line)


def _json(lines: Iterator[dict[str, Any]]) -> Iterator[str]:
    yield '{"data": ['
    for number, line in enumerate(lines):
        yield (", " if number else "") + json.dumps(line)
    yield "]}"
