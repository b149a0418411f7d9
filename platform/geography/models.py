"""The Philippine Standard Geographic Code (PSGC): Region > Province > Municipality > Barangay.

What the tree does not say by itself: 33 highly urbanised cities, Pateros, Isabela City and the eight
municipalities of the Special Geographic Area have a region and no province; Manila's barangays lie in
sub-municipalities and belong to the City of Manila. Published totals of upper units are not stored: they
differ from the sum of their barangays.
"""

import unicodedata
from typing import Any

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models

PSGC_LENGTH = 10
_digits = RegexValidator(r"\A[0-9]{10}\Z", "A PSGC code has ten digits, leading zeros included.")


def folded(name: str) -> str:
    """`name` as it is searched: lower case, without accents ("Las Piñas" as "las pinas")."""
    plain = unicodedata.normalize("NFKD", name)
    return "".join(sign for sign in plain if not unicodedata.combining(sign)).lower()


class Unit(models.Model):
    """One unit of the PSGC. A unit that a later release no longer lists stays, with `active` off."""

    # Digits sort alike in every language, and several times faster by their bytes.
    psgc_code = models.CharField(max_length=PSGC_LENGTH, unique=True, validators=[_digits], db_collation="C")
    correspondence_code = models.CharField(
        max_length=9,
        blank=True,
        help_text="PSA's older nine-digit code: it stays when a release renumbers the unit",
    )
    name = models.CharField(max_length=100)
    old_name = models.CharField(max_length=100, blank=True)
    search_name = models.CharField(max_length=100, editable=False)
    active = models.BooleanField(default=True, help_text="listed in the latest release that was loaded")

    class Meta:
        abstract = True
        ordering = ("psgc_code",)

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.search_name = folded(self.name)
        if (fields := kwargs.get("update_fields")) is not None and "name" in fields:
            kwargs["update_fields"] = {*fields, "search_name"}
        super().save(*args, **kwargs)


class Region(Unit):
    code = models.CharField(max_length=2, unique=True, help_text="the first two digits of the PSGC code")
    staff = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="regions", help_text="who may edit in this region"
    )

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.code:
            self.code = self.psgc_code[:2]
        if not self.psgc_code:
            self.psgc_code = self.code.ljust(PSGC_LENGTH, "0")
        super().save(*args, **kwargs)


class Province(Unit):
    region = models.ForeignKey(Region, models.PROTECT, related_name="provinces")


class Municipality(Unit):
    """A municipality or a city."""

    class Kind(models.TextChoices):
        MUNICIPALITY = "municipality", "Municipality"
        CITY = "city", "City"

    region = models.ForeignKey(Region, models.PROTECT, related_name="municipalities")
    province = models.ForeignKey(
        Province,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="municipalities",
        help_text="empty where there is none",
    )
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.MUNICIPALITY)
    city_class = models.CharField(max_length=3, blank=True, help_text="HUC, ICC or CC")
    income_class = models.CharField(max_length=4, blank=True)

    class Meta(Unit.Meta):
        verbose_name_plural = "municipalities"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.region_id is None and self.province is not None:
            self.region_id = self.province.region_id
        super().save(*args, **kwargs)

    @property
    def place(self) -> str:
        """Name and what it lies in: "Baungon, Bukidnon"; a region where there is no province."""
        return f"{self.name}, {self.province or self.region}"


class SubMunicipality(Unit):
    """One of Manila's fourteen districts: between a city and its barangays, and outside the roll-up."""

    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="sub_municipalities")

    class Meta(Unit.Meta):
        verbose_name_plural = "sub-municipalities"


class Barangay(Unit):
    """The smallest unit. A population that is not known is null, never 0."""

    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="barangays")
    sub_municipality = models.ForeignKey(
        SubMunicipality, models.PROTECT, null=True, blank=True, related_name="barangays"
    )
    urban_rural = models.CharField(max_length=1, blank=True, choices=[("U", "Urban"), ("R", "Rural")])
    population_2015 = models.PositiveIntegerField(null=True, blank=True)
    population_2020 = models.PositiveIntegerField(null=True, blank=True)
    population_2024 = models.PositiveIntegerField(null=True, blank=True)

    class Meta(Unit.Meta):
        indexes = [
            # A page far back is found in the index alone.
            models.Index(
                fields=["psgc_code"], include=["id"], condition=models.Q(active=True), name="barangay_listed"
            ),
        ]
