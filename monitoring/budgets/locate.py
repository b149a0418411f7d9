"""Where in a TOML source a key stands: tomllib tells no lines."""

import tomllib
from typing import Any

from .model import Key


def line_of(source: str, path: Key) -> int:
    """The 1-based line on which the value at `path` begins; the nearest parent's if it is not there.

    Of all beginnings of the file that parse, the longest without the value ends right before it.
    """
    documents = list(_beginnings(source))
    for length in range(len(path), 0, -1):
        if not _has(documents[-1][1], path[:length]):
            continue
        return 1 + max(lines for lines, document in documents if not _has(document, path[:length]))
    return 1


def _beginnings(source: str) -> list[tuple[int, dict[str, Any]]]:
    lines = source.splitlines(keepends=True)
    found = []
    for count in range(len(lines) + 1):
        try:
            found.append((count, tomllib.loads("".join(lines[:count]))))
        except tomllib.TOMLDecodeError:
            continue  # ends within a value of several lines
    return found


def _has(document: Any, path: Key) -> bool:
    for key in path:
        try:
            document = document[key]
        except (KeyError, IndexError, TypeError):
            return False
    return True
