"""What the lists of communities and coverages may be narrowed by."""

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from communities.domain.queries import called
from communities.models import MunicipalityCoverage, OBCCommunity, ProvinceCoverage
from geography.api.filters import RegionFilter
from geography.domain.queries import named

REGION = "two digits, or a PSGC code"
CODE = "a PSGC code"


class CommunityFilters(filters.FilterSet):
    region = RegionFilter("barangay__municipality__region", label=REGION)
    province = filters.CharFilter("barangay__municipality__province__psgc_code", label=CODE)
    municipality = filters.CharFilter("barangay__municipality__psgc_code", label=CODE)
    barangay = filters.CharFilter("barangay__psgc_code", label=CODE)
    search = filters.CharFilter(method="by_name", label="part of a name, in any case")

    class Meta:
        model = OBCCommunity
        fields = ("region", "province", "municipality", "barangay", "settlement_type", "search")

    def by_name(self, queryset: QuerySet, name: str, value: str) -> QuerySet:  # noqa: ARG002
        return called(queryset, value)


class CoverageFilters(filters.FilterSet):
    search = filters.CharFilter(method="by_unit", label="part of the unit's name, with or without accents")

    def by_unit(self, queryset: QuerySet, name: str, value: str) -> QuerySet:  # noqa: ARG002
        unit = queryset.model.UNIT
        related = queryset.model._meta.get_field(unit).related_model  # noqa: SLF001
        return queryset.filter(**{f"{unit}__in": named(related.objects.all(), value)})


class MunicipalityCoverageFilters(CoverageFilters):
    region = RegionFilter("municipality__region", label=REGION)
    province = filters.CharFilter("municipality__province__psgc_code", label=CODE)

    class Meta:
        model = MunicipalityCoverage
        fields = ("region", "province", "auto_sync", "search")


class ProvinceCoverageFilters(CoverageFilters):
    region = RegionFilter("province__region", label=REGION)

    class Meta:
        model = ProvinceCoverage
        fields = ("region", "auto_sync", "search")
