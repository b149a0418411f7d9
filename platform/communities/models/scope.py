"""When a write is rolled up: at once, at the end of a scope, or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from django.db import models, transaction

from geography.models import Municipality, Province

from .rollup import Synced, Touched, roll_up


@dataclass
class Scope:
    """What was written inside `coalesced_sync()` or `auto_sync_disabled()`."""

    disabled: bool
    touched: Touched = field(default_factory=Touched)

    @property
    def municipalities(self) -> models.QuerySet[Municipality]:
        return self.touched.municipality_rows()

    @property
    def provinces(self) -> models.QuerySet[Province]:
        above = self.municipalities.values("province")
        return Province.objects.filter(models.Q(pk__in=above) | models.Q(pk__in=self.touched.provinces))


_scope: ContextVar[Scope | None] = ContextVar("coverage_scope", default=None)


def touch(touched: Touched) -> Synced:
    """Something under `touched` was written in this transaction: roll it up now, or with the scope around."""
    scope = _scope.get()
    if scope is None:
        return roll_up(touched)
    scope.touched.add(touched)
    return Synced()


@contextmanager
def coalesced_sync() -> Iterator[Scope]:
    """Any number of writes, each municipality and province they touch synced once, at the end, in one
    transaction.

    Nestable: the outermost syncs. An exception that leaves the outermost undoes its writes, so nothing is
    synced; one that is caught inside leaves what was written before it to be synced as usual.
    """
    outer = _scope.get()
    if outer is not None:
        with transaction.atomic():
            yield outer
        return
    scope = Scope(disabled=False)
    with transaction.atomic():
        token = _scope.set(scope)
        try:
            yield scope
        finally:
            _scope.reset(token)
        roll_up(scope.touched)


@contextmanager
def auto_sync_disabled() -> Iterator[Scope]:
    """Writes inside are not rolled up; `.municipalities` and `.provinces` of what it yields are left for the
    caller.

    For imports: finish with `bulk_refresh_municipalities(scope.municipalities)`. Holds for scopes inside it
    too.
    """
    scope = Scope(disabled=True)
    token = _scope.set(scope)
    try:
        yield scope
    finally:
        _scope.reset(token)
