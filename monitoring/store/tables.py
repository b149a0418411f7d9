"""Which tables a normalised statement names: for people to read, not to check rights by."""

from __future__ import annotations

import re
from typing import Final

from .batch import clean

MAX_TABLES: Final = 50
_NAME: Final = r'(?:"(?:[^"]|"")++"|[A-Za-z_]\w*)'
# What a parenthesis follows is a function, but for the columns of an INSERT.
_TABLE: Final = re.compile(
    rf"\b(?:INTO\s+|(?:FROM|JOIN|UPDATE|TABLE)\s+(?:ONLY\s+)?(?!(?>(?:{_NAME}\.)?{_NAME})\s*\())"
    rf"((?:{_NAME}\.)?{_NAME})",
    re.IGNORECASE,
)
# From its beginning only: a long word, or row of quotes, would be tried from each of its characters.
_WITH: Final = re.compile(rf"""(?<![\w"])({_NAME})\s+AS\s+(?:NOT\s+)?(?:MATERIALIZED\s+)?\(""", re.IGNORECASE)
# What may follow those words and is no table: `FOR UPDATE OF`, `ON CONFLICT DO UPDATE SET`, `FROM LATERAL (`.
_WORDS: Final = frozenset({"set", "of", "nowait", "skip", "lateral", "select", "rows", "unnest"})


def tables(sql: str) -> list[str]:
    """The tables, each once, in the order in which they appear; without the names of a WITH."""
    made_here = {_plain(name) for name in _WITH.findall(sql)}
    found = dict.fromkeys(_plain(name) for name in _TABLE.findall(sql) if name.lower() not in _WORDS)
    return [clean(name) for name in found if name not in made_here][:MAX_TABLES]


def _plain(name: str) -> str:
    parts: list[str] = re.findall(_NAME, name)
    return ".".join(part[1:-1].replace('""', '"') if part[0] == '"' else part for part in parts)
