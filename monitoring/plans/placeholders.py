"""Stored SQL as PostgreSQL can prepare it: each `?` that stands for a value becomes `$1`, `$2`, ...

`monitoring.statements` puts `?` for each literal and `(?)` for each list of them. What that loses, PREPARE
may need: this module gives it back where it follows from the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from ..errors import PlanError
from ..statements import CUT_MARK

_TOKEN: Final = re.compile(
    r"""
      (?P<name>  "(?:[^"]|"")*" )
    | (?P<mark>  \?(?![|&](?!\|)) )
    | (?P<keys>  \?[|&] )
    | (?P<word>  [^\W\d][\w$]* )
    | (?P<space> \s+ )
    | (?P<sign>  %% | :: | . )
    """,
    re.VERBOSE | re.DOTALL,
)
_SELECT: Final = re.compile(r"[ (]*(?:SELECT|VALUES|WITH)\b", re.IGNORECASE)
# `interval '1 day'` is a literal with its type before it, which a parameter cannot have.
_TYPES_BEFORE: Final = frozenset({"INTERVAL", "DATE", "TIME", "TIMESTAMP", "TIMESTAMPTZ", "JSON", "JSONB"})
# What stands in parentheses behind these is part of the type: no parameter can be put there.
_TYPES_WITH_SIZE: Final = frozenset(
    {
        "NUMERIC",
        "DECIMAL",
        "VARCHAR",
        "VARYING",
        "CHAR",
        "CHARACTER",
        "BIT",
        "TIMESTAMP",
        "TIMESTAMPTZ",
        "TIME",
    }
)


class Token(NamedTuple):
    """A piece of SQL; `kind` is a group of _TOKEN. `gap` is the space before it."""

    kind: str
    text: str
    gap: str = ""

    @property
    def upper(self) -> str:
        return self.text.upper()


_NOTHING: Final = Token("space", "")


@dataclass(frozen=True, slots=True)
class Numbered:
    """A statement to PREPARE, and how many parameters it has."""

    sql: str
    parameters: int


def _tokens(sql: str) -> list[Token]:
    found: list[Token] = []
    gap = ""
    for match in _TOKEN.finditer(sql):
        if match.lastgroup == "space":
            gap = " "
        else:
            found.append(Token(str(match.lastgroup), match[0], gap))
            gap = ""
    return found


def _ends_operand(token: Token) -> bool:
    return token.kind in ("name", "mark") or token.text in (")", "]")


def _columns(tokens: list[Token], start: int) -> int:
    """How many items the list has whose parenthesis opens at `start`."""
    depth, commas = 0, 0
    for token in tokens[start:]:
        depth += (token.text == "(") - (token.text == ")")
        commas += token.text == "," and depth == 1
        if depth == 0:
            break
    return commas + 1


def _opening(tokens: list[Token], end: int) -> int:
    """Where the parenthesis opens that closes at `end`."""
    depth = 0
    for index in range(end, -1, -1):
        depth += (tokens[index].text == ")") - (tokens[index].text == "(")
        if depth == 0:
            return index
    return end


class _Numbering:
    """One walk over the tokens, which writes `out`."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.out: list[str] = []
        self.count = 0
        self._operators: set[int] = set()

    def at(self, index: int) -> Token:
        return self.tokens[index] if 0 <= index < len(self.tokens) else _NOTHING

    def parameter(self) -> str:
        self.count += 1
        return f"${self.count}"

    def run(self) -> None:
        index = 0
        while index < len(self.tokens):
            text, taken = self._piece(index)
            self.out.append(self.tokens[index].gap + text)
            index += taken

    def _piece(self, index: int) -> tuple[str, int]:
        """What to write for what stands at `index`, and the number of tokens that it takes the place of."""
        token = self.tokens[index]
        if token.kind == "mark":
            return self._mark(index), 1
        if token.kind == "keys" and self.at(index - 1).kind in ("sign", "space") and not self._follows(index):
            return self.parameter() + token.text[1:], 1  # `?|1`, of two numbers
        if token.kind == "word":
            before_a_value = self.at(index + 1).kind == "mark" and self.at(index - 1).upper != "ZONE"
            if token.upper in _TYPES_BEFORE and before_a_value and self.at(index + 2).kind != "mark":
                return f"{self.parameter()}::{token.text}", 2
            if token.upper in _TYPES_WITH_SIZE and self._is_list(index + 1):
                return token.text, 4
        return token.text.replace("%%", "%"), 1

    def _follows(self, index: int) -> bool:
        """Whether an operand ends right before `index`."""
        return index - 1 not in self._operators and _ends_operand(self.at(index - 1))

    def _is_list(self, index: int) -> bool:
        return [self.at(index + offset).text for offset in range(3)] == ["(", "?", ")"]

    def _mark(self, index: int) -> str:
        if self._is_operator(index):
            self._operators.add(index)
            return "?"
        if self._follows(index):
            return f"+ {self.parameter()}"  # the sign of `a -1` went with the number
        return ", ".join(self.parameter() for _ in range(self._row_width(index)))

    def _is_operator(self, index: int) -> bool:
        """PostgreSQL's `?` (has this key): between two operands, where no value can stand."""
        after = self.at(index + 1)
        if self.at(index - 1).kind == "word":
            return after.kind == "mark"
        return self._follows(index) and (after.kind in ("mark", "name") or after.text == "(")

    def _row_width(self, index: int) -> int:
        """How many values the row has that `(?)` stands for: as the names beside it tell."""
        if not self._is_list(index - 1):
            return 1
        if self.at(index - 2).upper == "VALUES" and self.at(index + 2).text == ")":
            named = index + 3 + (self.at(index + 3).upper == "AS")
            return _columns(self.tokens, named + 1) if self.at(named + 1).text == "(" else 1
        if self.at(index - 2).text == "(" and self.at(index - 3).upper == "IN":
            end = index - 4 - (self.at(index - 4).upper == "NOT")
            return _columns(self.tokens, _opening(self.tokens, end)) if self.at(end).text == ")" else 1
        return 1


def numbered(sql: str) -> Numbered:
    """`sql`, as `monitoring.statements.normalise` gives it, with `$1`, `$2`, ... for its values.

    Raises PlanError for what is no single, whole SELECT.
    """
    if sql.endswith(CUT_MARK):
        raise PlanError(
            "The statement was too long to be stored whole, so it cannot be explained. "
            "Shorten it, or explain it by hand."
        )
    if not _SELECT.match(sql):
        raise PlanError(
            "Only a SELECT is explained: EXPLAIN of a write by hand needs a transaction to roll back."
        )
    tokens = _tokens(sql.rstrip("; "))
    if any(token.text == ";" for token in tokens):
        raise PlanError(
            "The text holds more than one statement: send them one by one to have them explained."
        )
    numbering = _Numbering(tokens)
    numbering.run()
    return Numbered("".join(numbering.out), numbering.count)
