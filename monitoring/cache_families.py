"""Key families: which part of the key space a look-up belongs to, by a rule in the settings. Bounded."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from .conf import conf
from .errors import ConfigurationError

MAX_FAMILIES: Final = 100
OTHER: Final = "_other"
_known: set[str] = set()


@lru_cache(maxsize=1)
def _pattern(rule: str) -> re.Pattern[str]:
    try:
        pattern = re.compile(rule)
    except re.error as error:
        raise ConfigurationError(
            f"TACHOGRAPH['CACHE_FAMILIES']={rule!r} is no regular expression: {error}"
        ) from error
    if pattern.groups != 1:
        raise ConfigurationError(
            f"CACHE_FAMILIES={rule!r} must have one group, the family: r'([a-z]+:[a-z]+):'"
        )
    return pattern


def has_rule() -> bool:
    """Whether the project names families at all."""
    return bool(conf().CACHE_FAMILIES)


def family(key: Any) -> str | None:
    """The family of a key as the application gave it, without prefix and version; or None."""
    match = _pattern(conf().CACHE_FAMILIES).match(str(key))
    if match is None or not match[1]:
        return None
    name = match[1]
    if name in _known:
        return name
    if len(_known) >= MAX_FAMILIES:
        return OTHER
    _known.add(name)
    return name


def results(command: str, key: Any, value: Any, hit: bool) -> Iterable[tuple[str, str]]:
    """(family, result) of each look-up that a call was. `value` is get_many's dict."""
    keys = key if command == "get_many" else (key,)
    for one in keys:
        name = family(one)
        if name is not None:
            found = one in value if command == "get_many" else hit
            yield name, "hit" if found else "miss"
