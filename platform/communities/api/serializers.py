"""The shapes of communities and coverages: the 29 figures lie flat in each."""

from rest_framework import serializers

from communities.models import FIGURES, MunicipalityCoverage, OBCCommunity, ProvinceCoverage
from geography.api.serializers import RegionReference, UnitReference

ABOUT = ("name", "other_names", "settlement_type", "latitude", "longitude")


class CommunitySerializer(serializers.ModelSerializer):
    barangay = UnitReference()
    municipality = UnitReference()
    province = UnitReference(allow_null=True)
    region = RegionReference()

    class Meta:
        model = OBCCommunity
        fields = (
            "id",
            *ABOUT,
            "barangay",
            "municipality",
            "province",
            "region",
            *FIGURES,
            "created_at",
            "updated_at",
        )


class CommunityInput(serializers.ModelSerializer):
    """What is written. A figure that is null or left out is unknown; one below 0 is refused."""

    barangay = serializers.RegexField(r"\A[0-9]{10}\Z", help_text="the barangay's PSGC code")

    class Meta:
        model = OBCCommunity
        fields = ("barangay", *ABOUT, *FIGURES)


class ResyncAnswer(serializers.Serializer):
    task = serializers.CharField(help_text="the id under which the worker's log tells of it")


class MunicipalityCoverageSerializer(serializers.ModelSerializer):
    psgc_code = serializers.CharField(source="municipality.psgc_code")
    name = serializers.CharField(source="municipality.name")
    province = UnitReference(allow_null=True)
    region = RegionReference()

    class Meta:
        model = MunicipalityCoverage
        fields = (
            *("psgc_code", "name", "province", "region", "total_obc_communities", "key_barangays"),
            *FIGURES,
            *("auto_sync", "created_at", "updated_at"),
        )


class ProvinceCoverageSerializer(serializers.ModelSerializer):
    psgc_code = serializers.CharField(source="province.psgc_code")
    name = serializers.CharField(source="province.name")
    region = RegionReference()

    class Meta:
        model = ProvinceCoverage
        fields = (
            *(
                "psgc_code",
                "name",
                "region",
                "total_municipalities",
                "total_obc_communities",
                "key_municipalities",
            ),
            *FIGURES,
            *("auto_sync", "created_at", "updated_at"),
        )
