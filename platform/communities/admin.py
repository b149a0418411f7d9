"""Communities and their coverage in Django's admin."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from . import utils
from .domain.deletion import rows_restore, rows_soft_delete
from .models import FIGURES, MunicipalityCoverage, OBCCommunity, ProvinceCoverage


class DeletedFilter(admin.SimpleListFilter):
    title, parameter_name = "deleted", "deleted"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        return [("yes", "Deleted"), ("all", "All")]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        return [first | {"display": "Not deleted"}, *others]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:  # noqa: ARG002
        if self.value() == "all":
            return queryset
        return queryset.filter(deleted_at__isnull=self.value() != "yes")


class RollUpAdmin(ModelAdmin):
    """Soft deletion instead of deletion; every action syncs each unit once."""

    actions = ("sync_now", "soft_delete", "restore")
    list_per_page = 50
    show_full_result_count = False
    readonly_fields: tuple[str, ...] = (
        "created_at",
        "created_by",
        "updated_at",
        "updated_by",
        "deleted_at",
        "deleted_by",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:  # noqa: ARG002
        return self.model.all_objects.order_by(*self.ordering)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.created_by = request.user
        obj.updated_by = request.user
        super().save_model(request, obj, form, change)

    @admin.action(description="Soft-delete: out of every list and sum, and kept", permissions=["change"])
    def soft_delete(self, request: HttpRequest, queryset: QuerySet) -> None:
        count = rows_soft_delete(user=request.user, rows=queryset)
        self.message_user(
            request, f"{count} deleted. They are kept: the filter shows them, an action restores them."
        )

    @admin.action(description="Restore", permissions=["change"])
    def restore(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.message_user(request, f"{rows_restore(user=request.user, rows=queryset)} restored.")

    @admin.action(description="Sync now", permissions=["change"])
    def sync_now(self, request: HttpRequest, queryset: QuerySet) -> None:
        counts = self.sync(queryset)
        said = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items())
        self.message_user(request, f"Done: {said}.", messages.SUCCESS)

    def sync(self, queryset: QuerySet) -> dict[str, int]:
        raise NotImplementedError


@admin.register(OBCCommunity)
class CommunityAdmin(RollUpAdmin):
    ordering = ("pk",)
    list_display = ("__str__", "barangay", "municipality", "settlement_type", "households", "updated_at")
    list_filter = (DeletedFilter, "settlement_type", "barangay__municipality__region")
    list_select_related = ("barangay__municipality",)
    search_fields = ("name", "other_names", "barangay__search_name")
    autocomplete_fields = ("barangay",)

    def sync(self, queryset: QuerySet) -> dict[str, int]:
        return utils.bulk_sync_communities(queryset)


class CoverageAdmin(RollUpAdmin):
    """The sums can be entered by hand where `auto_sync` is off."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:  # noqa: ARG002
        fixed = (*self.readonly_fields, obj.UNIT) if obj else self.readonly_fields
        return (*fixed, *self.summed) if obj is None or obj.auto_sync else fixed

    summed: tuple[str, ...] = (*FIGURES, "total_obc_communities")


@admin.register(MunicipalityCoverage)
class MunicipalityCoverageAdmin(CoverageAdmin):
    ordering = ("municipality__psgc_code",)
    list_display = (
        "municipality",
        "province",
        "total_obc_communities",
        "households",
        "auto_sync",
        "updated_at",
    )
    list_filter = (DeletedFilter, "auto_sync", "municipality__region")
    list_select_related = ("municipality__province",)
    search_fields = ("municipality__search_name", "municipality__psgc_code")
    autocomplete_fields = ("municipality",)
    summed = (*CoverageAdmin.summed, "key_barangays")

    def sync(self, queryset: QuerySet) -> dict[str, int]:
        return utils.bulk_refresh_municipalities(queryset)


@admin.register(ProvinceCoverage)
class ProvinceCoverageAdmin(CoverageAdmin):
    ordering = ("province__psgc_code",)
    list_display = (
        "province",
        "total_municipalities",
        "total_obc_communities",
        "households",
        "auto_sync",
        "updated_at",
    )
    list_filter = (DeletedFilter, "auto_sync", "province__region")
    list_select_related = ("province",)
    search_fields = ("province__search_name", "province__psgc_code")
    autocomplete_fields = ("province",)
    summed = (*CoverageAdmin.summed, "total_municipalities", "key_municipalities")

    def sync(self, queryset: QuerySet) -> dict[str, int]:
        return utils.bulk_refresh_provinces(queryset)
