"""Eight writers at once on overlapping municipalities, and a reader who looks on."""

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.db import DatabaseError, connection

from communities.models import MunicipalityCoverage, OBCCommunity, ProvinceCoverage
from communities.utils import coalesced_sync
from geography.models import Barangay
from tests.communities.country import Country, assert_coverages_are_right

THREADS, WRITES = 8, 250

# One statement is one snapshot: the units whose living communities and coverage differ in it.
WRONG = """
WITH known AS (
    SELECT b.municipality_id AS id, count(*) AS communities, coalesce(sum(c.households), 0) AS households
    FROM communities_obccommunity c JOIN geography_barangay b ON b.id = c.barangay_id
    WHERE c.deleted_at IS NULL GROUP BY 1),
above AS (
    SELECT m.province_id AS id, sum(c.total_obc_communities) AS communities, sum(c.households) AS households
    FROM communities_municipalitycoverage c JOIN geography_municipality m ON m.id = c.municipality_id
    WHERE m.province_id IS NOT NULL GROUP BY 1)
SELECT known.id FROM known LEFT JOIN communities_municipalitycoverage m ON m.municipality_id = known.id
WHERE m.total_obc_communities IS DISTINCT FROM known.communities
   OR m.households IS DISTINCT FROM known.households
UNION ALL
SELECT above.id FROM above LEFT JOIN communities_provincecoverage p ON p.province_id = above.id
WHERE p.total_obc_communities IS DISTINCT FROM above.communities
   OR p.households IS DISTINCT FROM above.households
"""


def closing(work: Callable[..., object]) -> Callable[..., object]:
    """A thread has a connection of its own, which nobody else closes."""

    def closed(*args: object) -> object:
        try:
            return work(*args)
        finally:
            connection.close()

    return closed


@closing
def write(seed: int) -> Counter[str]:
    rng, done = random.Random(seed), Counter[str]()
    barangays = list(Barangay.objects.values_list("pk", flat=True))
    for _ in range(WRITES):
        action = rng.choice(["create", "create", "change", "move", "soft_delete", "restore", "delete"])
        done[action] += act(action, rng, barangays)
    return done


def act(action: str, rng: random.Random, barangays: list[int]) -> int:
    """One write; 0 where another thread was faster and there is no row to write."""
    place, households = rng.choice(barangays), rng.randint(0, 9)
    if action == "create":
        OBCCommunity.objects.create(barangay_id=place, households=households)
        return 1
    ids = list(OBCCommunity.all_objects.values_list("pk", flat=True))
    row = OBCCommunity.all_objects.filter(pk=rng.choice(ids)).first() if ids else None
    if row is None:
        return 0
    try:
        if action in ("soft_delete", "restore", "delete"):
            getattr(row, action)()
            return 1
        changes = {"households": households} if action == "change" else {"barangay_id": place}
        for name, value in changes.items():
            setattr(row, name, value)
        row.save(update_fields=list(changes))
    except DatabaseError as error:
        assert "did not affect any rows" in str(error), "a deadlock, or worse"
        return 0
    return 1


@closing
def watch(stop: Event) -> tuple[int, list[int]]:
    looks, wrong = 0, []
    with connection.cursor() as cursor:
        while not stop.is_set():
            cursor.execute(WRONG)
            wrong += [unit for (unit,) in cursor.fetchall()]
            looks += 1
    return looks, wrong


@pytest.mark.django_db(transaction=True)
def test_every_coverage_is_right_at_every_moment() -> None:
    Country()
    stop = Event()
    with ThreadPoolExecutor(THREADS + 1) as threads:
        reader = threads.submit(watch, stop)
        writers = [threads.submit(write, seed) for seed in range(THREADS)]
        try:
            done = sum((writer.result() for writer in writers), Counter())
        finally:
            stop.set()
        looks, wrong = reader.result()
    assert sum(done.values()) > 0.9 * THREADS * WRITES
    assert all(
        done[action] > 100 for action in ("create", "change", "move", "soft_delete", "restore", "delete")
    )
    assert looks > 10
    assert wrong == []
    assert_coverages_are_right()


@pytest.mark.django_db(transaction=True)
def test_scopes_that_touch_the_same_units_in_other_orders_wait_for_each_other() -> None:
    country = Country()
    municipalities = [country.baungon, country.damulog, country.kapatagan, country.iligan]

    @closing
    def burst(seed: int) -> None:
        rng = random.Random(seed)
        for _ in range(15):
            with coalesced_sync():
                for municipality in rng.sample(municipalities, 4):
                    country.community(municipality, rng.randint(1, 2), households=1)

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(burst, range(6)))
    assert OBCCommunity.objects.count() == 6 * 15 * 4
    assert_coverages_are_right()


@pytest.mark.django_db(transaction=True)
def test_people_may_edit_coverages_while_others_enter_communities() -> None:
    country = Country()
    units = [country.baungon, country.damulog, country.kapatagan]
    for unit in units:
        country.community(unit, households=1)

    @closing
    def enter(seed: int) -> None:
        rng = random.Random(seed)
        for _ in range(60):
            country.community(rng.choice(units), households=1)

    @closing
    def edit(seed: int) -> None:
        rng = random.Random(seed)
        for _ in range(60):
            coverage = MunicipalityCoverage.all_objects.get(municipality=rng.choice(units))
            rng.choice([coverage.save, coverage.soft_delete, coverage.restore])()
            ProvinceCoverage.objects.get(province=country.bukidnon).save()

    with ThreadPoolExecutor(6) as threads:
        work = [threads.submit(enter, seed) for seed in range(3)] + [
            threads.submit(edit, seed) for seed in range(3)
        ]
        for one in work:
            one.result()
    assert_coverages_are_right()
