"""Reads of communities and coverages. Soft-deleted rows are left out."""

from django.db.models import Q, QuerySet

from communities.models import MunicipalityCoverage, OBCCommunity, ProvinceCoverage


def communities() -> QuerySet[OBCCommunity]:
    """With the place of each, in the order of entry."""
    above = ("barangay__municipality__province", "barangay__municipality__region")
    return OBCCommunity.objects.select_related(*above).order_by("pk")


def called(rows: QuerySet[OBCCommunity], words: str) -> QuerySet[OBCCommunity]:
    """Those of `rows` whose name, or another name of theirs, holds `words` in any case."""
    return rows.filter(Q(name__icontains=words.strip()) | Q(other_names__icontains=words.strip()))


def municipality_coverages() -> QuerySet[MunicipalityCoverage]:
    above = ("municipality__province", "municipality__region")
    return MunicipalityCoverage.objects.select_related(*above).order_by("municipality__psgc_code")


def province_coverages() -> QuerySet[ProvinceCoverage]:
    return ProvinceCoverage.objects.select_related("province__region").order_by("province__psgc_code")
