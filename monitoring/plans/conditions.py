"""What a filter or a sort asks of one table's columns, read from the SQL that EXPLAIN writes.

EXPLAIN VERBOSE puts the table's alias before each column and parentheses around each comparison. A column is
told here as an index would: `name`, `"Name"`, or `upper((name)::text)`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_PIECE: Final = re.compile(r"""(?P<quoted>"(?:[^"]|"")*"|'(?:[^']|'')*')|(?P<and> AND )|[()]|[^"'()]""")
_NAME: Final = r'(?:"(?:[^"]|"")+"|[^\W\d][\w$]*)'
_FUNCTIONS: Final = "upper|lower"


@dataclass(frozen=True, slots=True)
class Key:
    """A column, or a function of one, and how it is asked for.

    `cast` is the type that a comparison turns it into, which an index of some columns cannot follow.
    `direction` is empty, or as in `created DESC`.
    """

    text: str
    column: str
    cast: str = ""
    direction: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """The conditions, all of which must hold, by what an index can do for them."""

    equal: tuple[Key, ...] = ()
    ranged: tuple[Key, ...] = ()


def conjuncts(text: str) -> list[str]:
    """The parts of `text` that AND joins, without the parentheses around the whole."""
    text = _unwrapped(text)
    parts, depth = [""], 0
    for piece in _PIECE.finditer(text):
        depth += (piece[0] == "(") - (piece[0] == ")")
        if piece["and"] and depth == 0:
            parts.append("")
        else:
            parts[-1] += piece[0]
    return parts if len(parts) == 1 else [part for whole in parts for part in conjuncts(whole)]


def _unwrapped(text: str) -> str:
    """`text` without parentheses that stand around all of it."""
    while text.startswith("(") and _closes_at_end(text):
        text = text[1:-1]
    return text


def _closes_at_end(text: str) -> bool:
    depth = 0
    for piece in _PIECE.finditer(text):
        depth += (piece[0] == "(") - (piece[0] == ")")
        if depth == 0:
            return piece.end() == len(text)
    return False


def _prefix(alias: str) -> str:
    """The pattern of `alias.`, with quotes where SQL wants them."""
    quoted = alias.replace('"', '""')
    return rf'(?:{re.escape(alias)}|"{re.escape(quoted)}")\.'


def _column(alias: str) -> str:
    """The pattern of a column of `alias`: plain, cast, or in a function. Groups: function, column, cast."""
    column = rf"\(?{_prefix(alias)}(?P<column>{_NAME})\)?(?:::(?P<cast>text))?"
    return rf"(?:(?P<function>{_FUNCTIONS})\()?{column}(?(function)\))"


def _key(match: re.Match[str], direction: str = "") -> Key:
    column, cast, function = match["column"], match["cast"] or "", match["function"]
    if function:
        argument = f"({column})::{cast}" if cast else column
        return Key(f"{function}({argument})", column, direction=direction)
    return Key(column, column, cast, direction)


def asked(filter_text: str, alias: str) -> Asked:
    """What `filter_text` compares with values from elsewhere: only this helps an index to find rows."""
    equal: list[Key] = []
    ranged: list[Key] = []
    pattern = re.compile(rf"{_column(alias)} (?P<operator>=|<|>|<=|>=) (?P<value>.+)", re.DOTALL)
    for part in conjuncts(filter_text) if filter_text else []:
        match = pattern.fullmatch(part)
        if match is None or re.search(rf"(?<![\w$]){_prefix(alias)}", match["value"]):
            continue
        found = equal if match["operator"] == "=" else ranged
        if (key := _key(match)) not in found:
            found.append(key)
    return Asked(tuple(equal), tuple(ranged))


def sorted_by(sort_keys: tuple[str, ...], alias: str) -> tuple[Key, ...]:
    """The columns of `alias` that are sorted by; nothing if anything else is sorted by, too."""
    pattern = re.compile(rf"\(?{_column(alias)}\)?(?P<direction>(?: DESC)?(?: NULLS (?:FIRST|LAST))?)")
    matches = [pattern.fullmatch(key) for key in sort_keys]
    keys = [_key(match, match["direction"].strip()) for match in matches if match is not None]
    return tuple(keys) if len(keys) == len(sort_keys) else ()
