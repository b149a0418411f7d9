"""What the store's tests share: the tables' sums, and a store whose connection the test can break."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.models import Model, Sum

from monitoring.hooks import on_finish
from monitoring.store.aggregate import Aggregate
from monitoring.store.batch import Batch
from monitoring.store.models import Level
from monitoring.store.write import Written, write


@pytest.fixture
def add() -> Callable[[Batch], Written]:
    """add(batch) writes it through the test's own connection."""

    def add(batch: Batch) -> Written:
        with connection.cursor() as cursor:
            return write(cursor, batch)

    return add


@pytest.fixture
def aggregate() -> Iterator[Aggregate]:
    """Takes in the operations that end in the test."""
    found = Aggregate()

    def note(operation):
        found.add(operation, nested=operation.parent is not None and not operation.parent.finished)

    on_finish.connect(note)
    yield found
    on_finish.disconnect(note)


@pytest.fixture
def sums() -> Callable[..., dict[str, Any]]:
    """sums(Model, "runs", ..., level=, **filters): the columns' sums, by default over the minutes."""

    def sums(model: type[Model], *columns: str, level: Level = Level.MINUTE, **only: Any) -> dict[str, Any]:
        rows = model.objects.filter(level=level, **only)
        return rows.aggregate(**{column: Sum(column, default=0) for column in columns})

    return sums


class Dies(BaseException):
    """The end of a process, at the worst of moments."""


class Breakable:
    """Stands where a Connection stands. `failures` says what becomes of the next transactions.

    "before" and "after": the connection breaks before, or after, the commit; with "dies " the process does.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.failures: list[str] = []

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        how = self.failures.pop(0) if self.failures else ""
        error = Dies() if how.startswith("dies") else OperationalError("whether it committed is not known")
        with self._connection.transaction() as cursor:
            yield cursor
            if how.endswith("before"):
                raise error
        if how.endswith("after"):
            raise error

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def breakable() -> type[Breakable]:
    return Breakable
