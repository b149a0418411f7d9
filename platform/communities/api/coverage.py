"""/api/coverage/municipalities and /api/coverage/provinces: the roll-ups, read and synced on request."""

from django.utils.decorators import method_decorator
from django.views.decorators.http import conditional_page
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ReadOnlyModelViewSet

from accounts.permissions import ReadOrStaff
from common.errors import or_404
from communities.domain import queries
from communities.domain.coverage import municipality_coverage_sync, province_coverage_sync
from geography.models import Municipality, Province

from .filters import MunicipalityCoverageFilters, ProvinceCoverageFilters
from .serializers import MunicipalityCoverageSerializer, ProvinceCoverageSerializer


@method_decorator(conditional_page, name="dispatch")
class MunicipalityCoverageViewSet(ReadOnlyModelViewSet):
    queryset = queries.municipality_coverages()
    serializer_class = MunicipalityCoverageSerializer
    filterset_class = MunicipalityCoverageFilters
    lookup_field = "municipality__psgc_code"
    lookup_url_kwarg = "psgc_code"


@method_decorator(conditional_page, name="dispatch")
class ProvinceCoverageViewSet(ReadOnlyModelViewSet):
    queryset = queries.province_coverages()
    serializer_class = ProvinceCoverageSerializer
    filterset_class = ProvinceCoverageFilters
    lookup_field = "province__psgc_code"
    lookup_url_kwarg = "psgc_code"


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
