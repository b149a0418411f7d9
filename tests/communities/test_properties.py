"""Whatever is written in whatever order, every coverage equals a fresh sum."""

from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from communities.models import FIGURES, MunicipalityCoverage, OBCCommunity, ProvinceCoverage
from communities.utils import (
    auto_sync_disabled,
    bulk_refresh_municipalities,
    coalesced_sync,
    sync_entire_hierarchy,
)
from geography.models import Barangay
from tests.communities.country import Country, assert_coverages_are_right

PLACE = st.integers(0, 7)
VALUE = st.none() | st.integers(0, 2**31 - 1)
ROW = st.integers(0, 30)
STEP = st.one_of(
    st.tuples(st.just("create"), PLACE, st.sampled_from(FIGURES), VALUE),
    st.tuples(st.just("change"), ROW, st.sampled_from(FIGURES), VALUE),
    st.tuples(st.just("move"), ROW, PLACE),
    st.tuples(st.sampled_from(["delete", "soft_delete", "restore"]), ROW),
    st.tuples(st.sampled_from(["coverage.soft_delete", "coverage.restore", "coverage.save"]), ROW),
    st.tuples(st.sampled_from(["province.soft_delete", "province.restore"]), ROW),
    st.tuples(st.just("manual"), ROW, st.booleans(), st.integers(0, 100)),
    st.tuples(st.just("everything")),
)
BLOCK = st.tuples(
    st.sampled_from(["plain", "coalesced", "nested", "undone", "disabled"]), st.lists(STEP, max_size=6)
)


def pick(model: Any, number: int) -> Any:
    rows = list(model.all_objects.order_by("pk"))
    return rows[number % len(rows)] if rows else None


def take(step: tuple[Any, ...]) -> None:
    name, *rest = step
    if name == "create":
        barangay = Barangay.objects.order_by("pk")[rest[0]]
        OBCCommunity.objects.create(barangay=barangay, **{rest[1]: rest[2]})
    elif name == "everything":
        sync_entire_hierarchy()
    elif name.startswith(("coverage.", "province.", "manual")):
        change_coverage(name, *rest)
    elif row := pick(OBCCommunity, rest[0]):
        if name == "change":
            setattr(row, rest[1], rest[2])
        if name == "move":
            row.barangay = Barangay.objects.order_by("pk")[rest[1]]
        row.save() if name in ("change", "move") else getattr(row, name)()


def change_coverage(name: str, number: int, *values: Any) -> None:
    coverage = pick(ProvinceCoverage if name.startswith("province") else MunicipalityCoverage, number)
    if coverage is None:
        return
    if name == "manual":
        coverage.auto_sync, coverage.households = values
        coverage.save()
    else:
        getattr(coverage, name.split(".")[1])()


class Undone(Exception):  # noqa: N818
    pass


def run(kind: str, steps: list[tuple[Any, ...]]) -> None:
    if kind == "plain":
        for step in steps:
            take(step)
        return
    if kind == "disabled":
        with auto_sync_disabled() as scope:
            run("plain", steps)
        bulk_refresh_municipalities(scope.municipalities)
        return
    try:
        with coalesced_sync():
            if kind == "nested":
                run("coalesced", steps)
            run("plain", steps)
            if kind == "undone":
                raise Undone
    except Undone:
        pass


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(blocks=st.lists(BLOCK, max_size=6))
def test_random_sequences(blocks: list[tuple[str, list[tuple[Any, ...]]]]) -> None:
    with transaction.atomic():
        Country()
        for kind, steps in blocks:
            run(kind, steps)
        assert_coverages_are_right()
        transaction.set_rollback(True)
