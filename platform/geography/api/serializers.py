"""The shapes of the geography's units. A unit is named by its PSGC code, ten digits as text."""

from rest_framework import serializers

from geography.models import Barangay, Municipality, Province, Region, Unit


class UnitReference(serializers.Serializer):
    """A unit inside another's answer."""

    psgc_code = serializers.CharField()
    name = serializers.CharField()

    def to_representation(self, instance: Unit) -> dict[str, str]:
        return {"psgc_code": instance.psgc_code, "name": instance.name}


class RegionReference(UnitReference):
    code = serializers.CharField()

    def to_representation(self, instance: Region) -> dict[str, str]:
        return super().to_representation(instance) | {"code": instance.code}


class RegionSerializer(serializers.ModelSerializer):
    class Meta:
        model = Region
        fields: tuple[str, ...] = ("psgc_code", "code", "name", "old_name")


class ProvinceSerializer(serializers.ModelSerializer):
    region = RegionReference()

    class Meta:
        model = Province
        fields: tuple[str, ...] = ("psgc_code", "name", "old_name", "region")


class MunicipalitySerializer(serializers.ModelSerializer):
    region = RegionReference()
    province = UnitReference(allow_null=True)

    class Meta:
        model = Municipality
        fields: tuple[str, ...] = (
            *("psgc_code", "name", "old_name", "kind", "city_class", "income_class", "region", "province"),
        )


class BarangaySerializer(serializers.ModelSerializer):
    region = RegionReference(source="municipality.region")
    province = UnitReference(source="municipality.province", allow_null=True)
    municipality = UnitReference()
    sub_municipality = UnitReference(allow_null=True)

    class Meta:
        model = Barangay
        fields = (
            *(
                "psgc_code",
                "name",
                "old_name",
                "urban_rural",
                "population_2015",
                "population_2020",
                "population_2024",
            ),
            *("municipality", "sub_municipality", "province", "region"),
        )


PEOPLE = ("barangay_count", "population_2015", "population_2020", "population_2024")


class PeopleSerializer(serializers.Serializer):
    """The sums over a unit's barangays; null where no barangay's population is known."""

    barangay_count = serializers.IntegerField()
    population_2015 = serializers.IntegerField(allow_null=True)
    population_2020 = serializers.IntegerField(allow_null=True)
    population_2024 = serializers.IntegerField(allow_null=True)


class RegionDetailSerializer(PeopleSerializer, RegionSerializer):
    class Meta(RegionSerializer.Meta):
        fields = (*RegionSerializer.Meta.fields, *PEOPLE)


class ProvinceDetailSerializer(PeopleSerializer, ProvinceSerializer):
    class Meta(ProvinceSerializer.Meta):
        fields = (*ProvinceSerializer.Meta.fields, *PEOPLE)


class MunicipalityDetailSerializer(PeopleSerializer, MunicipalitySerializer):
    class Meta(MunicipalitySerializer.Meta):
        fields = (*MunicipalitySerializer.Meta.fields, *PEOPLE)
