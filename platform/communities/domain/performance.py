"""What a sync costs, measured by the recorder on made-up municipalities, in a transaction that is rolled
back.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Context
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import transaction

from communities.models import FIGURES, OBCCommunity
from communities.models.rollup import Touched, municipal, provincial, roll_up
from geography.models import Barangay, Municipality, Province, Region
from monitoring import operation
from monitoring.record import Operation

SIZES = (2, 20, 200, 2_000)
COMPARED = (5, 50, 500)
SPREAD = 10
# No region of the PSGC begins with 99.
CODE = "99"


@dataclass(frozen=True)
class Cost:
    """A sync of one size. Milliseconds are the database's; `nplusone` names statements and places."""

    name: str
    communities: int
    queries: int
    total_ms: float
    duplicates: int
    nplusone: tuple[str, ...]

    @property
    def mean_ms(self) -> float:
        return self.total_ms / self.queries if self.queries else 0.0

    @property
    def clean(self) -> bool:
        return not (self.nplusone or self.duplicates)


@dataclass(frozen=True)
class Comparison:
    communities: int
    bulk: Cost
    individual: Cost


@dataclass(frozen=True)
class Analysis:
    costs: list[Cost]
    comparisons: list[Comparison]

    @property
    def constant(self) -> bool:
        """Each kind of sync ran as many queries at every size, and none of them more than once."""
        counts: dict[str, set[int]] = {}
        for cost in [*self.costs, *(comparison.bulk for comparison in self.comparisons)]:
            counts.setdefault(cost.name, set()).add(cost.queries)
        return all(len(found) == 1 for found in counts.values()) and all(cost.clean for cost in self.costs)


def analyse(step: Callable[[str], object] = str) -> Analysis:
    """Measure every size; `step` hears what is measured next. Nothing stays in the database."""
    costs: list[Cost] = []
    for size in SIZES:
        step(f"{size} communities in one municipality")
        costs += _costs(size)
    return Analysis(costs, [_compare(size, step) for size in COMPARED])


def _costs(size: int) -> list[Cost]:
    with made_up(size, spread=1) as communities:
        unit = communities[0].barangay.municipality
        municipality, province = Touched(municipalities={unit.pk}), Touched(provinces={unit.province_id})
        return [
            measure("municipal", size, [partial(roll_up, municipality, upward=False)]),
            measure("provincial", size, [partial(roll_up, province)]),
            measure("cascade", size, [partial(roll_up, municipality)]),
        ]


def measure(name: str, communities: int, syncs: list[Callable[[], Any]]) -> Cost:
    """The sum over `syncs`, each recorded by itself, and outside of whatever is being recorded around."""
    syncs[0]()  # warm: plans and catalogue entries are read once per connection
    records = [Context().run(_recorded, sync) for sync in syncs]
    found = [f"{n.runs} x {n.statement.sql} at {n.place}" for record in records for n in record.nplusone]
    return Cost(
        name,
        communities,
        queries=sum(record.queries for record in records),
        total_ms=sum(record.db_ns for record in records) / 1e6,
        duplicates=sum(record.duplicates for record in records),
        nplusone=tuple(found),
    )


def _recorded(sync: Callable[[], Any]) -> Operation:
    with operation("coverage.analysis", operation_class="report") as record:
        sync()
    return record


def steps() -> dict[str, str]:
    """The SQL of a sync by what it is for. The parts of one unit's statement run as one."""
    return {
        "municipal: aggregate of 29 sums": municipal().sums,
        "municipal: distinct barangay names": municipal().names,
        "municipal: one UPDATE of all fields": municipal().write,
        "provincial: aggregate of 29 sums": provincial().sums,
        "provincial: distinct municipality names": provincial().names,
        "provincial: one UPDATE of all fields": provincial().write,
    }


def _compare(size: int, step: Callable[[str], object]) -> Comparison:
    step(f"bulk against individual, {size} communities")
    with made_up(size, spread=SPREAD) as communities:
        places = [community.barangay_id for community in communities]
        bulk = measure("bulk", size, [partial(roll_up, Touched(barangays=set(places)))])
        singly = [partial(roll_up, Touched(barangays={place})) for place in places]
        individual = measure("individual", size, singly)
    return Comparison(size, bulk, individual)


@contextmanager
def made_up(count: int, spread: int) -> Iterator[list[OBCCommunity]]:
    """`count` communities over `spread` municipalities of one province; gone afterwards."""
    with transaction.atomic():
        region = Region.objects.create(code=CODE, name="Analysis")
        province = Province.objects.create(psgc_code=f"{CODE}00100000", name="Analysis", region=region)
        places = _barangays(province, spread)
        try:
            yield OBCCommunity.objects.bulk_create(
                OBCCommunity(barangay=places[i % spread], **dict.fromkeys(FIGURES, i % 11))
                for i in range(count)
            )
        finally:
            transaction.set_rollback(True)


def _barangays(province: Province, count: int) -> list[Barangay]:
    """One in each of `count` new municipalities."""
    codes = [f"{CODE}001{number:02}" for number in range(count)]
    units = Municipality.objects.bulk_create(
        Municipality(psgc_code=f"{code}000", name=code, region=province.region, province=province)
        for code in codes
    )
    places = zip(codes, units, strict=True)
    return Barangay.objects.bulk_create(
        Barangay(psgc_code=f"{code}001", name=code, municipality=unit) for code, unit in places
    )
