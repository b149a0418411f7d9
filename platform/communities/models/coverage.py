"""The roll-ups: what is known about the communities of a municipality, and of a province."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any, Self

from django.db import models, transaction

from common.models import SoftDeletable, Tracked
from geography.models import Municipality, Province, Region

from .fields import FigureSums
from .rollup import Touched, lock, roll_up
from .scope import coalesced_sync


class CoverageQuerySet(models.QuerySet):
    def delete(self) -> tuple[int, dict[str, int]]:
        with coalesced_sync() as scope:
            self.model.lock_units(self.values(self.model.UNIT))
            scope.touched.provinces.update(self.model.provinces_over(self))
            return super().delete()

    delete.alters_data = True
    delete.queryset_only = True


class AliveCoverages(models.Manager.from_queryset(CoverageQuerySet)):
    def get_queryset(self) -> CoverageQuerySet:
        return super().get_queryset().filter(deleted_at__isnull=True)


class Coverage(FigureSums, Tracked, SoftDeletable):
    """Saving one locks its unit, rolls it up where `auto_sync` is on, and brings what stands over it up to
    date.
    """

    UNIT: str

    total_obc_communities = models.PositiveBigIntegerField(default=0)
    auto_sync = models.BooleanField(
        default=True, help_text="off: keeps what a person entered, and still counts upward"
    )

    objects = AliveCoverages()
    all_objects = models.Manager.from_queryset(CoverageQuerySet)()

    class Meta:
        abstract = True
        base_manager_name = "all_objects"
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"Coverage of {getattr(self, self.UNIT)}"

    @classmethod
    def lock_units(cls, ids: Any) -> None:
        """As the roll-up does, and before any coverage's row is written: whoever holds a unit may write its
        coverage.
        """
        unit = cls._meta.get_field(cls.UNIT).related_model
        list(lock(unit.objects.filter(pk__in=ids)).values_list("pk"))

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        self.lock_units([getattr(self, f"{self.UNIT}_id")])
        super().save(*args, **kwargs)

    @transaction.atomic
    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        self.lock_units([getattr(self, f"{self.UNIT}_id")])
        return super().delete(*args, **kwargs)

    @classmethod
    def provinces_over(cls, coverages: models.QuerySet) -> set[int]:
        """The ids of the provinces into which `coverages` are summed."""
        raise NotImplementedError

    @classmethod
    def touched_by(cls, units: Iterable[int]) -> Touched:
        """What a change of the coverages of `units` concerns."""
        raise NotImplementedError

    def touched(self) -> Touched:
        return self.touched_by([getattr(self, f"{self.UNIT}_id")])

    def take(self, fresh: list[Self]) -> None:
        """Become what the roll-up has just written."""
        for coverage in fresh:
            if type(coverage) is type(self) and coverage.pk == self.pk:
                names = [column.attname for column in self._meta.concrete_fields]
                self.__dict__.update({name: coverage.__dict__[name] for name in names})


class MunicipalityCoverage(Coverage):
    """The sum of a municipality's living communities."""

    UNIT = "municipality"

    municipality = models.OneToOneField(Municipality, models.PROTECT, related_name="coverage")
    key_barangays = models.TextField(blank=True, help_text="the barangays that have communities, by name")

    @cached_property
    def province(self) -> Province | None:
        return self.municipality.province

    @cached_property
    def region(self) -> Region:
        return self.municipality.region

    @classmethod
    def provinces_over(cls, coverages: models.QuerySet) -> set[int]:
        above = coverages.filter(municipality__province__isnull=False)
        return set(above.values_list("municipality__province_id", flat=True))

    @classmethod
    def touched_by(cls, units: Iterable[int]) -> Touched:
        return Touched(municipalities=set(units))

    def refresh_from_communities(self) -> Self:
        """Sum afresh, here and in the province. With `auto_sync` off: nothing, and no query."""
        if self.auto_sync:
            self.take(roll_up(self.touched()).municipalities)
        return self

    @classmethod
    def sync_for_municipality(cls, municipality: Municipality) -> Self:
        """The municipality's coverage, made where there is none, and brought up to date with its province."""
        synced = roll_up(Touched(municipalities={municipality.pk})).municipalities
        return synced[0] if synced else cls.all_objects.get(municipality=municipality)


class ProvinceCoverage(Coverage):
    """The sum of the living coverages of a province's municipalities."""

    UNIT = "province"

    province = models.OneToOneField(Province, models.PROTECT, related_name="coverage")
    total_municipalities = models.PositiveIntegerField(default=0)
    key_municipalities = models.TextField(
        blank=True, help_text="the municipalities that have a coverage, by name"
    )

    @cached_property
    def region(self) -> Region:
        return self.province.region

    @classmethod
    def provinces_over(cls, coverages: models.QuerySet) -> set[int]:  # noqa: ARG003
        return set()

    @classmethod
    def touched_by(cls, units: Iterable[int]) -> Touched:
        return Touched(provinces=set(units))

    def refresh_from_municipalities(self) -> Self:
        """Sum afresh. With `auto_sync` off: nothing, and no query."""
        if self.auto_sync:
            self.take(roll_up(self.touched()).provinces)
        return self

    @classmethod
    def sync_for_province(cls, province: Province) -> Self:
        """The province's coverage, made where there is none, and brought up to date."""
        synced = roll_up(Touched(provinces={province.pk})).provinces
        return synced[0] if synced else cls.all_objects.get(province=province)
