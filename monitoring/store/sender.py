"""Sends batches to the tables, and knows what to make of a failure."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from django.db import Error

from .. import faults
from . import counts
from .batch import Batch
from .connection import Connection, Failure, failure_of
from .write import write

logger = logging.getLogger("tachograph.store")

# A batch that the database refuses this often, though it is up, is dropped: it would hold up all others.
MOST_REFUSALS: Final = 3


class Sender:
    """`failures` counts the failed attempts since the last good one."""

    def __init__(self) -> None:
        self.connection = Connection()
        self.failures = 0
        self._refusals: dict[str, int] = {}
        self._said: Failure | str | None = None

    def send(self, batch: Batch) -> None:
        """Write a batch, or drop it when it was refused too often. Raises django.db.Error: send it again."""
        try:
            with self.connection.transaction() as cursor:
                written = write(cursor, batch)
        except Error as error:
            if failure_of(error) is not Failure.REFUSED or not self._is_hopeless(batch):
                raise
            logger.error("A batch is dropped that the database refused %s times: %s", MOST_REFUSALS, error)
            drop(batch)
            return
        except Exception as fault:  # noqa: BLE001  (ours: the batch would hold up all others)
            drop(batch)
            faults.caught(fault, "store")
            return
        self._refusals.pop(batch.id, None)
        counts.dropped("queries", written.left_out)
        for table, number in written.rows.items():
            counts.rows(table, number)

    def send_or_drop(self, batch: Batch) -> None:
        """`send`; without tables to write to, the batch is dropped. Raises django.db.Error all the same."""
        try:
            self.send(batch)
        except Error as error:
            if failure_of(error) is Failure.NOT_MIGRATED:
                drop(batch)
                return
            raise

    def _is_hopeless(self, batch: Batch) -> bool:
        self._refusals[batch.id] = self._refusals.get(batch.id, 0) + 1
        if self._refusals[batch.id] < MOST_REFUSALS:
            return False
        del self._refusals[batch.id]
        return True

    def attempt(self, *works: Callable[[], None], leaving: bool = False) -> bool:
        """Whether all of the work was done. A failure is counted, and logged when it is a new one.

        A process that leaves stops at the first, and says nothing: a command's user asked for something else.
        """
        failed: tuple[Failure | str, Exception] | None = None
        for work in works:
            failed = _failure(work) or failed
            if failed and leaving:
                break
        if failed:
            self._fail(*failed, leaving=leaving)
        else:
            if self._said is not None:
                logger.info("The store is written again.")
            self.failures, self._said = 0, None
        return failed is None

    def _fail(self, failure: Failure | str, error: Exception, *, leaving: bool) -> None:
        self.failures += 1
        counts.failed()
        if failure != self._said:
            why = failure.value if isinstance(failure, Failure) else failure
            level = logging.INFO if failure is Failure.NOT_MIGRATED else logging.WARNING
            level = logging.DEBUG if leaving else level
            logger.log(level, "The store is not written, figures wait: %s (%s)", why, str(error).strip())
        self._said = failure


def _failure(work: Callable[[], None]) -> tuple[Failure | str, Exception] | None:
    try:
        work()
    except Error as error:
        return failure_of(error), error
    except OSError as error:
        return "its folder cannot be written", error
    except Exception as fault:  # noqa: BLE001  (one work's fault keeps no other from being done)
        faults.caught(fault, "store")
        return "a fault of its own", fault
    return None


def drop(batch: Batch) -> None:
    """Count what is lost with a batch."""
    counts.dropped("queries", sum(row["runs"] for row in batch.queries))
    counts.dropped("operations", sum(row["runs"] for row in batch.operations))
    counts.dropped("samples", len(batch.samples))
    counts.dropped("traces", len(batch.traces))
