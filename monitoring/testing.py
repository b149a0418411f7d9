"""For tests and the gate: what the operations of a piece of code did, statement by statement."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from django.db import connections

from .budgets import budgets
from .hooks import on_finish
from .origin import Place, find
from .record import Operation, current
from .statements import statement


class Recorded(list[Operation]):
    """The operations that finished, in the order of their ends: a nested one before its parent.

    Unlike the recorder in production, which spares itself the walk for a statement's first run, it knows
    the line of every run: see `places`.
    """

    def __init__(self) -> None:
        super().__init__()
        # By the operation's identity; it is kept with them, so that no other can have its address.
        self._places: dict[int, tuple[Operation, dict[str, Counter[Place]]]] = {}

    def named(self, name: str) -> list[Operation]:
        """The runs of one operation. Empty if it did not run."""
        return [operation for operation in self if operation.name == name]

    def places(self, operation: Operation) -> dict[str, Counter[Place]]:
        """Runs by place, by the statement's fingerprint; nested operations' included."""
        return self._places[id(operation)][1] if id(operation) in self._places else {}

    def assert_budget(
        self,
        name: str,
        *,
        queries: int | None = None,
        duplicates: int | None = None,
        nplusone: int | None = None,
    ) -> None:
        """Fails unless the operation ran, and each run kept its queries, duplicates and N+1.

        The limits are those of budgets.toml where they are not given. The AssertionError tells the queries
        by the line of code they come from.
        """
        if broken := self.broken(name, queries=queries, duplicates=duplicates, nplusone=nplusone):
            raise AssertionError("\n".join(broken))

    def broken(self, name: str, **limits: int | None) -> list[str]:
        """What `assert_budget` would say; nothing where all is kept."""
        runs = self.named(name)
        if not runs:
            seen = ", ".join(sorted({operation.name for operation in self})) or "nothing"
            return [f"{name} did not run; recorded was: {seen}"]
        told = []
        for operation in runs:
            if broken := list(_broken(operation, limits)):
                told += [f"{name}: {'; '.join(broken)}", *self.by_place(operation)]
        return told

    def by_place(self, operation: Operation) -> list[str]:
        """The operation's queries in lines of text, grouped by the line of code they come from."""
        found: dict[Place, list[tuple[int, str]]] = {}
        for fingerprint, places in self.places(operation).items():
            runs = operation.statements.get(fingerprint)
            if runs is None:
                continue  # plumbing
            for place, number in places.items():
                found.setdefault(place, []).append((number, runs.statement.sql))
        lines = []
        for place, queries in found.items():
            lines += [
                f"  {place}",
                *(f"    {number} x {sql}" for number, sql in sorted(queries, reverse=True)),
            ]
        return lines

    def _note(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        operation = current()
        if operation is not None and isinstance(sql, str):
            place, _ = find()
            fingerprint = statement(sql).fingerprint
            while operation is not None:
                _, places = self._places.setdefault(id(operation), (operation, {}))
                places.setdefault(fingerprint, Counter())[place] += 1
                operation = operation.parent
        return execute(sql, params, many, context)


def _broken(operation: Operation, given: Mapping[str, int | None]) -> Iterator[str]:
    budget = budgets().resolve(operation.name, operation.operation_class)
    measured = {
        "queries": (operation.queries, budget.queries_max),
        "duplicates": (operation.duplicates, budget.duplicates_max),
        "nplusone": (len(operation.nplusone), budget.nplusone_max),
    }
    for name, (number, declared) in measured.items():
        own = given.get(name)
        limit, source = (declared, budget.source) if own is None else (own, "the test")
        if limit is not None and number > limit:
            yield f"{number} {name}, the budget is {limit} ({source})"


@contextmanager
def recorded() -> Iterator[Recorded]:
    """Collects the operations that finish inside the block.

    with recorded() as operations:
        client.get("/api/cadets")
    assert operations.named("GET /api/cadets")[0].queries == 3
    """
    found = Recorded()
    receiver = on_finish.connect(found.append)
    try:
        with ExitStack() as stack:
            for connection in connections.all():
                stack.enter_context(connection.execute_wrapper(found._note))  # noqa: SLF001
            yield found
    finally:
        on_finish.disconnect(receiver)
