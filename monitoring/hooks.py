"""A hook for others: called with each operation that ended, in the thread it ended in."""

from __future__ import annotations

from collections.abc import Callable

from . import faults
from .record import Operation

Receiver = Callable[[Operation], None]


class Hook:
    """Receivers of finished operations. A fault in one is counted and reaches nobody else."""

    def __init__(self) -> None:
        self._receivers: tuple[Receiver, ...] = ()

    def connect(self, receiver: Receiver) -> Receiver:
        """Call `receiver(operation)` from now on; usable as a decorator."""
        self._receivers = (*self._receivers, receiver)
        return receiver

    def disconnect(self, receiver: Receiver) -> None:
        """Stop calling it. One that is not connected is ignored."""
        self._receivers = tuple(known for known in self._receivers if known is not receiver)

    def send(self, operation: Operation) -> None:
        """Call every receiver."""
        for receiver in self._receivers:
            with faults.internal("on_finish"):
                receiver(operation)


on_finish = Hook()
