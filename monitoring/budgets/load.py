"""Reads budgets.toml. Each fault is told with file, line and key."""

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from monitoring.errors import BudgetError

from . import stamp
from .locate import line_of
from .model import (
    LIMITS,
    Exemption,
    Key,
    Level,
    Links,
    Recording,
    Regression,
    Rule,
    Slo,
    Threshold,
)
from .resolve import Budgets
from .validate import faults


def load(path: Path, today: date | None = None, *, again: bool = True) -> Budgets:
    """The budgets of the file at `path`. Raises BudgetError with every fault, one on a line.

    Without `again` what a process of this project has found to be valid is not examined again.
    """
    try:
        source = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BudgetError(
            f"{path}: cannot be read ({error}); set TACHOGRAPH['BUDGETS'] to your file"
        ) from error
    try:
        document = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise BudgetError(f"{path}: is not valid TOML: {error}") from error
    if again or not stamp.is_known(source):
        _examine(path, source, document)
        stamp.note(source)
    return _Reader(document).budgets(path, today or date.today())


def _examine(path: Path, source: str, document: dict[str, Any]) -> None:
    found = sorted(
        (line_of(source, key), ".".join(map(str, key)), message) for key, message in faults(document)
    )
    if found:
        raise BudgetError("\n".join(f"{path}:{line}: {key}: {message}" for line, key, message in found))


class _Reader:
    """Makes the model's objects of a document that is known to be valid."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    def budgets(self, path: Path, today: date) -> Budgets:
        classes = self.document["class"]
        return Budgets(
            path=path,
            recording=Recording(**self.document.get("recording", {})),
            slo=Slo(**self.document.get("slo", {})),
            regression=self._regression(),
            links=self._links(),
            classes={
                name: self._rule(f"class.{name}", table, ("class", name)) for name, table in classes.items()
            },
            operations=self._rules("operation"),
            overrides=self._rules("override"),
            thresholds={name: self._threshold(name) for name in self.document.get("threshold", {})},
            pinned=self.document.get("pinned", {}),
            exemptions=self._exemptions(),
            today=today,
        )

    def _regression(self) -> Regression:
        table = dict(self.document.get("regression", {}))
        # `for` is a word of Python's own.
        return Regression(**{"duration" if key == "for" else key: value for key, value in table.items()})

    def _links(self) -> Links:
        table = self.document.get("links", {})
        return Links(**{key: address.rstrip("/") for key, address in table.items()})

    def _rules(self, section: str) -> tuple[Rule, ...]:
        tables = self.document.get(section, [])
        return tuple(
            self._rule(table["match"], table, (section, index)) for index, table in enumerate(tables)
        )

    def _rule(self, match: str, table: Mapping[str, Any], path: Key) -> Rule:
        limits = {
            field: table[part][key] for (part, key), field in LIMITS.items() if key in table.get(part, {})
        }
        levels: dict[str, Level] = {
            part: value["level"]
            for part, value in table.items()
            if isinstance(value, dict) and "level" in value
        }
        expires = _date(table["expires"]) if "expires" in table else None
        return Rule(match, limits, levels, path, table.get("reason", ""), expires)

    def _threshold(self, name: str) -> Threshold:
        table = self.document["threshold"][name]
        key = ("threshold", name)
        return Threshold(
            name, table["direction"], table.get("warning"), table.get("critical"), table["for"], key
        )

    def _exemptions(self) -> tuple[Exemption, ...]:
        tables = self.document.get("exempt", [])
        return tuple(
            Exemption(
                table["operation"],
                table["reason"],
                _date(table["expires"]),
                ("exempt", index),
            )
            for index, table in enumerate(tables)
        )


def _date(value: str | date) -> date:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(value)
