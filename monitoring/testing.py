"""For tests and the gate: what the operations of a piece of code did, statement by statement."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.db import connections

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
