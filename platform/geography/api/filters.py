"""What the geography's lists may be narrowed by."""

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from geography.domain.queries import named
from geography.models import Barangay, Municipality, Province, Region

CODE_LENGTH = 2


class RegionFilter(filters.CharFilter):
    """A region by its two digits or by its whole PSGC code."""

    def filter(self, qs: QuerySet, value: str) -> QuerySet:
        if not value:
            return qs
        key = "code" if len(value) == CODE_LENGTH else "psgc_code"
        return qs.filter(**{f"{self.field_name}__{key}": value})


class UnitFilters(filters.FilterSet):
    search = filters.CharFilter(
        method="by_name", label="part of the name, in any case, with or without accents"
    )

    def by_name(self, queryset: QuerySet, name: str, value: str) -> QuerySet:  # noqa: ARG002
        return named(queryset, value)


class RegionFilters(UnitFilters):
    class Meta:
        model = Region
        fields = ("code",)


class ProvinceFilters(UnitFilters):
    region = RegionFilter("region", label="two digits, or a PSGC code")

    class Meta:
        model = Province
        fields = ("region",)


class MunicipalityFilters(UnitFilters):
    region = RegionFilter("region", label="two digits, or a PSGC code")
    province = filters.CharFilter("province__psgc_code", label="a PSGC code")
    without_province = filters.BooleanFilter("province", "isnull", label="those that belong to no province")

    class Meta:
        model = Municipality
        fields = ("region", "province", "without_province", "kind", "city_class", "income_class")


class BarangayFilters(UnitFilters):
    region = RegionFilter("municipality__region", label="two digits, or a PSGC code")
    province = filters.CharFilter("municipality__province__psgc_code", label="a PSGC code")
    municipality = filters.CharFilter("municipality__psgc_code", label="a PSGC code")
    sub_municipality = filters.CharFilter("sub_municipality__psgc_code", label="a PSGC code")

    class Meta:
        model = Barangay
        fields = ("region", "province", "municipality", "sub_municipality", "urban_rural")
