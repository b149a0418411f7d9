"""Which tables a normalised statement names: for people to read, not to check rights by."""

from __future__ import annotations

import re
from typing import Final

from .batch import clean

MAX_TABLES: Final = 50
_NAME: Final = r'(?:"(?:[^"]|"")+"|[A-Za-z_]\w*)'
_TABLE: Final = re.compile(
    rf"\b(?:FROM|JOIN|INTO|UPDATE|TABLE)\s+(?:ONLY\s+)?((?:{_NAME}\.)?{_NAME})(?!\s*\()", re.IGNORECASE
)
_WITH: Final = re.compile(rf"({_NAME})\s+AS\s+(?:NOT\s+)?(?:MATERIALIZED\s+)?\(", re.IGNORECASE)
# What may follow those words and is no table: `FOR UPDATE OF`, `ON CONFLICT DO UPDATE SET`, `FROM LATERAL (`.
_WORDS: Final = frozenset({"set", "of", "nowait", "skip", "lateral", "select", "rows", "unnest"})


def tables(sql: str) -> list[str]:
    """The tables, each once, in the order in which they appear; without the names of a WITH."""
    made_here = {_plain(name) for name in _WITH.findall(sql)}
    found = dict.fromkeys(_plain(name) for name in _TABLE.findall(sql) if name.lower() not in _WORDS)
    return [clean(name) for name in found if name not in made_here][:MAX_TABLES]


def _plain(name: str) -> str:
    return ".".join(part.strip('"').replace('""', '"') for part in re.findall(_NAME, name))
