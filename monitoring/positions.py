"""`GROUP BY 1` and `ORDER BY 2` name columns by their number: no values, and another number is another query.

Django writes them wherever a query groups by what it annotates.
"""

from __future__ import annotations

import re
from typing import Final

# What no SQL text can hold stands before a number, until it is known to be a value or a position.
MARK: Final = "\0"
_NUMBER: Final = re.compile(rf"{MARK}\d+")
_CANDIDATE: Final = re.compile(rf"(?:\bBY|,) *{MARK}", re.IGNORECASE)
_PIECE: Final = re.compile(
    rf"""
      (?P<position> {MARK}\d+ (?= [ ]* (?: [,);] | \Z ) | [ ]+ [A-Z] ) )
    | (?P<value>    {MARK}\d+ )
    | (?P<begin>    \b(?:GROUP|ORDER)[ ]+BY\b )
    | (?P<end>      \b(?:HAVING|WINDOW|LIMIT|OFFSET|FETCH|FOR|UNION|INTERSECT|EXCEPT)\b )
    | (?P<other>    "[^"]*" | `[^`]*` | \w+ | [^\s{MARK}] )
    """,
    re.VERBOSE | re.IGNORECASE,
)


class _Walk:
    """Over the pieces of a statement, from left to right."""

    def __init__(self) -> None:
        self._in_list = [False]  # by depth of parentheses: whether such a list is open
        self._begins_item = False

    def __call__(self, piece: re.Match[str]) -> str:
        kind, text = piece.lastgroup, piece[0]
        is_position = kind == "position" and self._begins_item
        if text == "(":
            self._in_list.append(False)
        elif text == ")" and len(self._in_list) > 1:
            self._in_list.pop()
        elif kind in ("begin", "end"):
            self._in_list[-1] = kind == "begin"
        self._begins_item = kind == "begin" or (text == "," and self._in_list[-1])
        if text[0] != MARK:
            return text
        return text[1:] if is_position else "?"


def settled(sql: str) -> str:
    """`sql`, without literals but for numbers behind a MARK: a position is kept, any other becomes `?`."""
    return _PIECE.sub(_Walk(), sql) if _CANDIDATE.search(sql) else _NUMBER.sub("?", sql)
