"""The 29 figures that a community may know about itself, and the models that carry them."""

from django.core.validators import MaxValueValidator
from django.db import models

FIGURES = (
    "estimated_obc_population",
    "total_barangay_population",
    "households",
    "families",
    "children_0_9",
    "adolescents_10_14",
    "youth_15_30",
    "adults_31_59",
    "seniors_60_plus",
    "women_count",
    "solo_parents_count",
    "pwd_count",
    "farmers_count",
    "fisherfolk_count",
    "unemployed_count",
    "indigenous_peoples_count",
    "idps_count",
    "migrants_transients_count",
    "csos_count",
    "associations_count",
    "number_of_peoples_organizations",
    "number_of_cooperatives",
    "number_of_social_enterprises",
    "number_of_micro_enterprises",
    "number_of_unbanked_obc",
    "mosques_count",
    "madrasah_count",
    "asatidz_count",
    "religious_leaders_count",
)
POSTGRES_INTEGER_MAX = 2**31 - 1


class Figures(models.Model):
    """As a community knows them: null where nobody asked. PostgreSQL refuses what is below 0."""

    class Meta:
        abstract = True


class FigureSums(models.Model):
    """As a coverage sums them: what is unknown everywhere is 0."""

    class Meta:
        abstract = True


for _name in FIGURES:
    _limits = [MaxValueValidator(POSTGRES_INTEGER_MAX)]
    Figures.add_to_class(_name, models.PositiveIntegerField(null=True, blank=True, validators=_limits))
    FigureSums.add_to_class(_name, models.PositiveBigIntegerField(default=0))
