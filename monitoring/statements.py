"""What a SQL string is: its normalised form, its fingerprint, and whether it counts as a query.

Normalised means: no literal, no comment, lists of values collapsed to one. No parameter value survives it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final, Literal

from . import positions

Kind = Literal["read", "write", "plumbing"]

MAX_CACHED = 4_096
MAX_CACHED_CHARS = 20_000
MAX_NORMALISED_CHARS = 10_000
CUT_MARK = " /* cut */"

# PostgreSQL's comments nest: so deep at the least.
_NESTING: Final = 8


def _comment(depth: int) -> str:
    inner = f"| {_comment(depth - 1)}" if depth else ""
    return rf"/\*(?: [^*/]++ | \*(?!/) {inner} | / )*+(?:\*/|\Z)"


# An unclosed literal runs to the end: a cut statement must not leak the value that it was cut in.
_TOKEN = re.compile(
    rf"""
      (?P<comment>  --[^\n]* | {_comment(_NESTING)} )
    | (?P<number>   (?<![\w."$])\d{{1,3}}\b(?!\.) )
    | (?P<literal>  \b[eE]'(?:[^'\\]|''|\\.)*(?:'|\Z)
                  | '(?:[^']|'')*(?:'|\Z)
                  | \$(?P<tag>[A-Za-z_]*)\$.*?(?:\$(?P=tag)\$|\Z)
                  | (?<![\w."$])[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\b
                  | %s | %\(\w+\)s | \$\d+ | \? )
    | (?P<name>     "(?:[^"]|"")*(?:"|\Z) | `[^`]*(?:`|\Z) )
    | (?P<space>    \s+ )
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_VALUE = r"(?:\?|NULL|TRUE|FALSE|DEFAULT)"
_LIST = re.compile(rf"\((?:\s*{_VALUE}\s*,)*\s*{_VALUE}\s*\)", re.IGNORECASE)
_ROWS = re.compile(r"\(\?\)(?:\s*,\s*\(\?\))+")
# The arms of bulk_update.
_ARMS = re.compile(r"(WHEN \([^()]*\) THEN \S+)(?: WHEN \([^()]*\) THEN \S+)+")
_PLUMBING = re.compile(
    r"(?:SAVEPOINT|RELEASE|ROLLBACK TO|SET)\b|SELECT (?:pg_catalog\.)?set_config ?\(", re.IGNORECASE
)
_READ = re.compile(r"[ (]*(?:SELECT|VALUES|TABLE|SHOW|EXPLAIN|FETCH)\b", re.IGNORECASE)
_WITH = re.compile(r"WITH\b", re.IGNORECASE)
_WRITES_INSIDE = re.compile(r"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|MERGE\s+INTO)\b", re.IGNORECASE)
_IN_LIST = re.compile(r"\b(?:IN|ANY) ?\(\?", re.IGNORECASE)


@dataclass(slots=True, eq=False)
class Statement:
    """A normalised SQL statement.

    `fingerprint` is 16 hex digits, the same for every statement that normalises to `sql`.
    `may_be_chunk`: it may be one of several pieces that a bulk call cuts its work into.
    `wants_place`: somebody wants to know where it is run from, also where an operation runs it once.
    """

    fingerprint: str
    sql: str
    kind: Kind
    may_be_chunk: bool
    wants_place: bool = False


def _replace(match: re.Match[str]) -> str:
    kind = match.lastgroup
    if kind == "name":
        return match[0]
    if kind == "number":
        return positions.MARK + match[0]
    return "?" if kind in ("literal", "tag") else " "


def normalise(sql: str) -> str:
    """`sql` without literals and comments, its IN-lists and rows of VALUES collapsed to one placeholder."""
    plain = positions.settled(_TOKEN.sub(_replace, sql)).strip()
    plain = _ROWS.sub("(?)", _LIST.sub("(?)", plain))
    return _ARMS.sub(r"\1", re.sub(r" {2,}", " ", plain))


def _kind(sql: str) -> Kind:
    if _PLUMBING.match(sql):
        return "plumbing"
    if _READ.match(sql) or (_WITH.match(sql) and not _WRITES_INSIDE.search(sql)):
        return "read"
    return "write"


def parse(sql: str) -> Statement:
    """The Statement of a SQL string as an application sends it."""
    normalised = normalise(sql)
    kind = _kind(normalised)
    digest = blake2b(normalised.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    may_be_chunk = kind == "write" or bool(_IN_LIST.search(normalised))
    if len(normalised) > MAX_NORMALISED_CHARS:
        normalised = normalised[:MAX_NORMALISED_CHARS] + CUT_MARK
    return Statement(digest, normalised, kind, may_be_chunk, places_wanted)


# Whether the line of a statement that is new to this process is looked for: the store asks so.
places_wanted = False
# By the strings as the application sends them.
known: Final[dict[str, Statement]] = {}


def statement(sql: str) -> Statement:
    """`parse(sql)`, remembered for the strings that come again."""
    found = known.get(sql)
    if found is None:
        found = parse(sql)
        if len(sql) <= MAX_CACHED_CHARS:
            if len(known) >= MAX_CACHED:
                # Emptying costs less than ordering each look-up would: what is in use is back at once.
                known.clear()
            known[sql] = found
    return found
