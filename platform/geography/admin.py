from django.contrib import admin
from unfold.admin import ModelAdmin

from . import models


class UnitAdmin(ModelAdmin):
    search_fields = ("psgc_code", "search_name", "name", "old_name")
    ordering = ("psgc_code",)
    show_full_result_count = False


@admin.register(models.Region)
class RegionAdmin(UnitAdmin):
    list_display = ("psgc_code", "code", "name", "active")
    filter_horizontal = ("staff",)


@admin.register(models.Province)
class ProvinceAdmin(UnitAdmin):
    list_display = ("psgc_code", "name", "region", "active")
    list_filter = ("active", "region")
    list_select_related = ("region",)


@admin.register(models.Municipality)
class MunicipalityAdmin(UnitAdmin):
    list_display = ("psgc_code", "name", "kind", "province", "region", "active")
    list_filter = ("active", "kind", "region")
    list_select_related = ("province", "region")
    autocomplete_fields = ("province", "region")


@admin.register(models.SubMunicipality)
class SubMunicipalityAdmin(UnitAdmin):
    list_display = ("psgc_code", "name", "municipality", "active")
    list_select_related = ("municipality",)
    autocomplete_fields = ("municipality",)


@admin.register(models.Barangay)
class BarangayAdmin(UnitAdmin):
    list_display = ("psgc_code", "name", "municipality", "population_2020", "active")
    list_filter = ("active", "municipality__region")
    list_select_related = ("municipality",)
    autocomplete_fields = ("municipality", "sub_municipality")
