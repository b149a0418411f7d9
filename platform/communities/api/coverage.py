"""/api/coverage/municipalities and /api/coverage/provinces: the roll-ups, read and synced on request."""

from collections.abc import Callable
from typing import Any

from django.utils.decorators import method_decorator
from django.views.decorators.http import conditional_page
from drf_spectacular.utils import OpenApiParameter, extend_schema
from kombu.exceptions import OperationalError as QueueError
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ReadOnlyModelViewSet

from accounts.permissions import IsAdmin, ReadOrStaff
from common.errors import Unavailable, or_404
from communities.answers import coverage_answers
from communities.domain import queries
from communities.domain.coverage import municipality_coverage_sync, province_coverage_sync
from communities.tasks import resync_coverage
from geography.models import Municipality, Province, Region

from .filters import MunicipalityCoverageFilters, ProvinceCoverageFilters
from .serializers import MunicipalityCoverageSerializer, ProvinceCoverageSerializer, ResyncAnswer


class KeptAnswers:
    """Lists and details from the cache, where they are the same for everybody who may read."""

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self._kept(request, lambda: super(KeptAnswers, self).list(request, *args, **kwargs))

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self._kept(request, lambda: super(KeptAnswers, self).retrieve(request, *args, **kwargs))

    def _kept(self, request: Request, answer: Callable[[], Response]) -> Response:
        # The whole address: an answer may hold links to the next page.
        return Response(coverage_answers.get_or_make(request.build_absolute_uri(), lambda: answer().data))


@method_decorator(conditional_page, name="dispatch")
class MunicipalityCoverageViewSet(KeptAnswers, ReadOnlyModelViewSet):
    queryset = queries.municipality_coverages()
    serializer_class = MunicipalityCoverageSerializer
    filterset_class = MunicipalityCoverageFilters
    lookup_field = "municipality__psgc_code"
    lookup_url_kwarg = "psgc_code"


@method_decorator(conditional_page, name="dispatch")
class ProvinceCoverageViewSet(KeptAnswers, ReadOnlyModelViewSet):
    queryset = queries.province_coverages()
    serializer_class = ProvinceCoverageSerializer
    filterset_class = ProvinceCoverageFilters
    lookup_field = "province__psgc_code"
    lookup_url_kwarg = "psgc_code"


class CoverageResyncView(APIView):
    operation_class = "write"
    permission_classes = (IsAdmin,)

    @extend_schema(
        request=None,
        parameters=[OpenApiParameter("region", str, description="two digits; without it, the country")],
        responses={202: ResyncAnswer},
    )
    def post(self, request: Request) -> Response:
        """Have a worker recompute all coverages, after an import that wrote without signals."""
        code = request.query_params.get("region") or None
        if code and not Region.objects.filter(code=code).exists():
            raise ValidationError({"region": [f"No region has the code {code}; /api/regions lists them."]})
        try:
            task = resync_coverage.delay(code)
        except QueueError as error:
            raise Unavailable("The queue of tasks cannot be reached. Try again in a moment.") from error
        return Response({"task": str(task.id)}, status=202)


class MunicipalityCoverageSyncView(APIView):
    operation_class = "sync"
    permission_classes = (ReadOrStaff,)

    @extend_schema(request=None, responses=MunicipalityCoverageSerializer)
    def post(self, request: Request, psgc_code: str) -> Response:
        """Recompute a municipality's coverage and its province's now."""
        with or_404(Municipality):
            coverage = municipality_coverage_sync(user=request.user, psgc_code=psgc_code)
        return Response(MunicipalityCoverageSerializer(coverage).data)


class ProvinceCoverageSyncView(APIView):
    operation_class = "sync"
    permission_classes = (ReadOrStaff,)

    @extend_schema(request=None, responses=ProvinceCoverageSerializer)
    def post(self, request: Request, psgc_code: str) -> Response:
        """Recompute a province's coverage from its municipalities' now."""
        with or_404(Province):
            coverage = province_coverage_sync(user=request.user, psgc_code=psgc_code)
        return Response(ProvinceCoverageSerializer(coverage).data)
