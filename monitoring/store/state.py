"""What of the cells is in the tables already: a file beside them, so that a crash neither loses nor doubles.

A batch is noted here, with what it brings the cells to, before it is sent, and struck out when it was
committed. Whoever finds one noted sends it again, under the same id, by which the tables know it.
"""

from __future__ import annotations

import json
import logging
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from .batch import Batch
from .cumulative import Cumulative

logger = logging.getLogger("tachograph.store")

FILE_NAME: Final = "stored.json"


@dataclass(slots=True)
class State:
    """`counted` is what the cells were when the last batch was noted; `pending` are those not committed."""

    counted: Cumulative = field(default_factory=Cumulative)
    pending: list[Batch] = field(default_factory=list)

    def save(self, folder: Path) -> None:
        """Replace the file at once: no reader finds half of it. Raises OSError; the old one stays then."""
        plain = {"counted": self.counted.as_dict(), "pending": [batch.as_dict() for batch in self.pending]}
        unfinished = folder / f"{FILE_NAME}.part"
        with unfinished.open("w") as file:
            json.dump(plain, file, separators=(",", ":"))
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(folder / FILE_NAME)


def load(folder: Path) -> State | None:
    """The state of the cells of `folder`; an empty one at first; None where the file cannot be read."""
    try:
        plain = json.loads((folder / FILE_NAME).read_text())
        pending = [Batch(**batch) for batch in plain["pending"]]
        return State(Cumulative.from_dict(plain["counted"]), pending)
    except FileNotFoundError:
        return State()
    except (ValueError, TypeError, KeyError) as error:
        logger.error("%s is damaged (%s): the store counts from now on.", folder / FILE_NAME, error)
        return None
