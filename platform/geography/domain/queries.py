"""Reads of the geography. Units that the latest release does not list are left out."""

from django.db.models import Count, Q, QuerySet, Sum

from geography.models import Barangay, Municipality, Province, Region, folded

YEARS = (2015, 2020, 2024)


def regions() -> QuerySet[Region]:
    return Region.objects.filter(active=True).order_by("psgc_code")


def provinces() -> QuerySet[Province]:
    return Province.objects.filter(active=True).select_related("region").order_by("psgc_code")


def municipalities() -> QuerySet[Municipality]:
    return Municipality.objects.filter(active=True).select_related("region", "province").order_by("psgc_code")


def barangays() -> QuerySet[Barangay]:
    above = ("sub_municipality", "municipality__province", "municipality__region")
    return Barangay.objects.filter(active=True).select_related(*above).order_by("psgc_code")


def with_people(units: QuerySet) -> QuerySet:
    """`units` (regions, provinces or municipalities) with the number of their barangays and the sum of their
    people.

    A sum is null where no barangay's population is known, and leaves out those that are not.
    """
    path = "barangays" if units.model is Municipality else "municipalities__barangays"
    listed = Q(**{f"{path}__active": True})
    sums = {f"population_{year}": Sum(f"{path}__population_{year}", filter=listed) for year in YEARS}
    return units.annotate(barangay_count=Count(path, filter=listed), **sums)


def region_named(code: str) -> Region | None:
    """The region with these two digits, or with this whole PSGC code."""
    return Region.objects.filter(Q(code=code) | Q(psgc_code=code)).first()


def named(units: QuerySet, words: str) -> QuerySet:
    """Those of `units` whose name holds `words`, whatever the case and the accents."""
    return units.filter(search_name__contains=folded(words.strip()))
