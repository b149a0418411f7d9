"""Made-up communities in real barangays, the same on every machine."""

import random
from collections.abc import Callable

from django.db import transaction

from communities.models import FIGURES, OBCCommunity, SettlementType
from geography.models import Barangay

from .hierarchy import hierarchy_sync

COMMUNITIES = 2_000
# Most of the communities outside the Bangsamoro lie in the regions around it; some everywhere else.
AROUND = ("09", "10", "11", "12")
SHARE_AROUND = 0.9
BATCH = 250
SEED = 20_260_101


@transaction.atomic
def demo_seed(*, count: int = COMMUNITIES, step: Callable[[int], object] = int) -> int:
    """Fill an empty table with `count` communities and roll them up; returns how many were made.

    0, and nothing changed, where there are communities already or no barangays to put them in.
    `step` hears how many more were stored.
    """
    if OBCCommunity.all_objects.exists():
        return 0
    rng = random.Random(SEED)  # noqa: S311  (not a secret)
    near, far = _places(around=True), _places(around=False)
    if not near or not far:
        return 0
    for start in range(0, count, BATCH):
        size = min(BATCH, count - start)
        places = [rng.choice(near if rng.random() < SHARE_AROUND else far) for _ in range(size)]
        OBCCommunity.objects.bulk_create(_community(rng, *place) for place in places)
        step(size)
    hierarchy_sync()
    return count


def _places(*, around: bool) -> list[tuple[int, str]]:
    barangays = Barangay.objects.filter(active=True).order_by("psgc_code").values_list("pk", "name")
    return list((barangays.filter if around else barangays.exclude)(municipality__region__code__in=AROUND))


def _community(rng: random.Random, barangay: int, name: str) -> OBCCommunity:
    households = rng.randint(8, 420)
    people = households * rng.randint(3, 7)
    figures = {field: rng.randint(0, people // 4) for field in FIGURES}
    figures |= {
        field: rng.randint(0, 6)
        for field in FIGURES
        if field.startswith(("number_of_", "m", "csos", "assoc"))
    }
    figures |= {
        "households": households,
        "families": households + rng.randint(0, 40),
        "estimated_obc_population": people,
    }
    figures["total_barangay_population"] = people * rng.randint(1, 9)
    # Nobody has asked everything everywhere.
    known = {field: value for field, value in figures.items() if rng.random() < 0.9}
    return OBCCommunity(
        barangay_id=barangay,
        name=f"{rng.choice(('Purok', 'Sitio', 'Kampung', 'Village'))} {rng.randint(1, 9)}, {name}",
        settlement_type=rng.choice(SettlementType.values),
        **known,
    )
