"""/api/regions, /api/provinces, /api/municipalities, /api/barangays: lists and details, for anybody logged
in.

Each answer has an ETag; a request that sends it back as If-None-Match gets 304 without a body.
"""

from django.db.models import QuerySet
from django.utils.decorators import method_decorator
from django.views.decorators.http import conditional_page
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import ReadOnlyModelViewSet

from geography.domain import queries

from . import filters, serializers


@method_decorator(conditional_page, name="dispatch")
class UnitViewSet(ReadOnlyModelViewSet):
    lookup_field = "psgc_code"
    detail_serializer_class: type[BaseSerializer] | None = None

    def get_serializer_class(self) -> type[BaseSerializer]:
        if self.action == "retrieve" and self.detail_serializer_class:
            return self.detail_serializer_class
        return super().get_serializer_class()

    def get_queryset(self) -> QuerySet:
        units = super().get_queryset()
        return (
            queries.with_people(units)
            if self.action == "retrieve" and self.detail_serializer_class
            else units
        )


class RegionViewSet(UnitViewSet):
    queryset = queries.regions()
    serializer_class = serializers.RegionSerializer
    detail_serializer_class = serializers.RegionDetailSerializer
    filterset_class = filters.RegionFilters


class ProvinceViewSet(UnitViewSet):
    queryset = queries.provinces()
    serializer_class = serializers.ProvinceSerializer
    detail_serializer_class = serializers.ProvinceDetailSerializer
    filterset_class = filters.ProvinceFilters


class MunicipalityViewSet(UnitViewSet):
    queryset = queries.municipalities()
    serializer_class = serializers.MunicipalitySerializer
    detail_serializer_class = serializers.MunicipalityDetailSerializer
    filterset_class = filters.MunicipalityFilters


class BarangayViewSet(UnitViewSet):
    queryset = queries.barangays()
    serializer_class = serializers.BarangaySerializer
    filterset_class = filters.BarangayFilters
