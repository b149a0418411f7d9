"""Statements, as people read them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import sqlparse
from django.utils.safestring import SafeString, mark_safe
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PostgresLexer
from sqlparse.exceptions import SQLParseError

# A statement may be a megabyte long. What is laid out and coloured is what somebody reads.
MOST_LAID_OUT: Final = 2_500
MOST_SHOWN: Final = 20_000
_formatter = HtmlFormatter(nowrap=True)
_lexer = PostgresLexer()


@dataclass(frozen=True, slots=True)
class Shown:
    """`html` of the first part; `left` characters are not in it."""

    html: SafeString
    left: int


def shown(sql: str) -> Shown:
    """The statement, laid out and coloured by pygments' classes; a very long one in part."""
    text = sql[:MOST_SHOWN]
    if len(text) <= MOST_LAID_OUT:
        with suppress(SQLParseError):  # too deep for it: as it came
            text = sqlparse.format(text, reindent=True)
    # Escaped by pygments.
    return Shown(mark_safe(highlight(text, _lexer, _formatter)), len(sql) - min(len(sql), MOST_SHOWN))  # noqa: S308
