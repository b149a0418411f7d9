"""Every write of one community or coverage is followed by its roll-up, in the same transaction."""

from typing import Any

from django.db.models import QuerySet
from django.db.models.signals import post_delete, post_save, pre_delete, pre_save
from django.dispatch import receiver

from geography.domain.loading import release_loaded
from geography.models import Municipality, Province, Region

from .answers import coverage_answers
from .domain.hierarchy import hierarchy_sync
from .models import MunicipalityCoverage, OBCCommunity, ProvinceCoverage
from .models.coverage import Coverage
from .models.rollup import Touched
from .models.scope import touch


@receiver([pre_save, pre_delete], sender=OBCCommunity)
def remember_barangay(instance: OBCCommunity, raw: bool = False, origin: Any = None, **kwargs: Any) -> None:  # noqa: ARG001
    """Where the row stands now, locked: another writer may have moved it since this one read it."""
    instance.__dict__["_left"] = set()
    if instance.pk is not None and not raw and not isinstance(origin, QuerySet):
        row = OBCCommunity.all_objects.filter(pk=instance.pk).select_for_update(no_key=True)
        instance.__dict__["_left"] = set(row.values_list("barangay_id", flat=True))


@receiver([post_save, post_delete], sender=OBCCommunity)
def roll_up_community(instance: OBCCommunity, raw: bool = False, **kwargs: Any) -> None:  # noqa: ARG001
    if not raw:
        touch(Touched(barangays={instance.barangay_id} | instance.__dict__.pop("_left", set())))


@receiver(post_save, sender=MunicipalityCoverage)
@receiver(post_save, sender=ProvinceCoverage)
def roll_up_coverage(instance: Coverage, raw: bool = False, **kwargs: Any) -> None:  # noqa: ARG001
    if not raw:
        synced = touch(instance.touched())
        instance.take([*synced.municipalities, *synced.provinces])


@receiver(post_delete, sender=MunicipalityCoverage)
def leave_province(instance: MunicipalityCoverage, origin: Any, **kwargs: Any) -> None:  # noqa: ARG001
    if not isinstance(origin, QuerySet):
        province = instance.municipality.province_id
        touch(Touched(provinces={province} if province else set()))


@receiver(post_delete, sender=ProvinceCoverage)
@receiver(post_save, sender=Region)
@receiver(post_save, sender=Province)
@receiver(post_save, sender=Municipality)
def forget_answers(**kwargs: Any) -> None:  # noqa: ARG001
    coverage_answers.forget_on_commit()


@receiver(release_loaded)
def follow_geography(**kwargs: Any) -> None:  # noqa: ARG001
    """A release moved units under other units: the roll-ups follow in its transaction."""
    hierarchy_sync()
