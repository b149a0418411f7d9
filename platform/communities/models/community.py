"""A community, at its barangay."""

from functools import cached_property
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction

from common.models import SoftDeletable, Tracked
from geography.models import Barangay, Municipality, Province, Region

from .fields import Figures
from .scope import coalesced_sync


class SettlementType(models.TextChoices):
    VILLAGE = "village", "Village"
    SITIO = "sitio", "Sitio or purok"
    SUBDIVISION = "subdivision", "Subdivision"
    INFORMAL = "informal", "Informal settlement"
    RELOCATION = "relocation", "Relocation site"
    COASTAL = "coastal", "Coastal or island settlement"
    OTHER = "other", "Other"


class CommunityQuerySet(models.QuerySet):
    def delete(self) -> tuple[int, dict[str, int]]:
        """Each municipality and province concerned is synced once. (`update` and the bulk writes sync
        nothing.)
        """
        with coalesced_sync() as scope:
            # By its keys: a queryset may hold what FOR UPDATE does not go with (a distinct, an outer join).
            leaving = self.model.all_objects.filter(pk__in=self.order_by().values("pk")).order_by("pk")
            leaving = leaving.select_for_update(no_key=True)
            scope.touched.barangays.update(leaving.values_list("barangay_id", flat=True))
            return super().delete()

    delete.alters_data = True
    delete.queryset_only = True


class AliveCommunities(models.Manager.from_queryset(CommunityQuerySet)):
    def get_queryset(self) -> CommunityQuerySet:
        return super().get_queryset().filter(deleted_at__isnull=True)


class OBCCommunity(Figures, Tracked, SoftDeletable):
    """One "Other Bangsamoro Community". Saving or deleting it rolls its municipality and province up, as one
    write.
    """

    barangay = models.ForeignKey(Barangay, models.PROTECT, related_name="communities")
    name = models.CharField(max_length=200, blank=True)
    other_names = models.CharField(max_length=500, blank=True, help_text="what else people call it")
    settlement_type = models.CharField(max_length=12, choices=SettlementType, blank=True)
    latitude = models.DecimalField(
        max_digits=8,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
    )
    longitude = models.DecimalField(
        max_digits=9,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
    )

    objects = AliveCommunities()
    all_objects = models.Manager.from_queryset(CommunityQuerySet)()

    class Meta:
        base_manager_name = "all_objects"
        verbose_name = "OBC community"
        verbose_name_plural = "OBC communities"
        ordering = ("pk",)
        constraints = [
            models.CheckConstraint(condition=models.Q(latitude__range=(-90, 90)), name="community_latitude"),
            models.CheckConstraint(
                condition=models.Q(longitude__range=(-180, 180)), name="community_longitude"
            ),
        ]
        indexes = [
            models.Index("barangay", condition=models.Q(deleted_at__isnull=True), name="community_alive"),
        ]

    def __str__(self) -> str:
        return self.name or f"Community in {self.barangay}"

    @cached_property
    def municipality(self) -> Municipality:
        return self.barangay.municipality

    @cached_property
    def province(self) -> Province | None:
        return self.municipality.province

    @cached_property
    def region(self) -> Region:
        return self.municipality.region

    def save(self, *args: Any, **kwargs: Any) -> None:
        self._forget_place()
        with transaction.atomic():
            super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        with transaction.atomic():
            return super().delete(*args, **kwargs)

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        self._forget_place()
        super().refresh_from_db(*args, **kwargs)

    def _forget_place(self) -> None:
        for name in ("municipality", "province", "region"):
            self.__dict__.pop(name, None)
