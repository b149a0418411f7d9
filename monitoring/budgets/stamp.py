"""Which budgets.toml a process of this project found to be valid: the next need not load the validator."""

from __future__ import annotations

import os
from hashlib import blake2b
from importlib.resources import files
from pathlib import Path

from monitoring.cells.directory import directory
from monitoring.errors import TachographError

FILE_NAME = "budgets.valid"


def _digest(source: str) -> str:
    schema = (files(__package__) / "schema.json").read_bytes()
    return blake2b(schema + source.encode(), digest_size=16).hexdigest()


def is_known(source: str) -> bool:
    """Whether the file with this text was found to be valid."""
    try:
        return (directory() / FILE_NAME).read_text() == _digest(source)
    except (OSError, TachographError):
        return False


def note(source: str) -> None:
    """Remember that it is. Where there is no folder to share, everybody examines it."""
    try:
        mine = Path(directory() / f"{FILE_NAME}.{os.getpid()}")
        mine.write_text(_digest(source))
        mine.replace(mine.with_name(FILE_NAME))
    except (OSError, TachographError):
        return
