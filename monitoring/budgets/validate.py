"""What is wrong with a budgets.toml, in its own words: the shipped JSON Schema and what it cannot say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from .model import BURN_RATES

if TYPE_CHECKING:
    from jsonschema import TypeChecker, ValidationError

FASTEST_BURN = max(factor for _, _, factor in BURN_RATES)

# What JSON Schema says of these would not tell a person what to do.
ADVICE = {
    "anyOf": "has neither warning nor critical: set one or both",
    "maxItems": "has too many entries, five are the most: write scenarios for the rest",
    "minProperties": "sets no limit: add one (queries, latency, ...) or remove the entry",
}

Fault = tuple[tuple[str | int, ...], str]


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema of budgets.toml, shipped for editors and used here."""
    parsed: dict[str, Any] = json.loads((files(__package__) / "schema.json").read_text(encoding="utf-8"))
    return parsed


def faults(document: dict[str, Any]) -> set[Fault]:
    """Every fault as (path of the key, what is wrong and what to do)."""
    found = {fault for error in _validator().iter_errors(document) for fault in _explain(error)}
    return found or set(_beyond_the_schema(document))


@cache
def _validator() -> Any:
    # 3 MB that a process needs only for a file that no other has found to be valid: see `stamp`.
    from jsonschema import Draft202012Validator, FormatChecker  # noqa: PLC0415
    from jsonschema.validators import extend  # noqa: PLC0415

    # TOML has dates; JSON Schema knows them as strings.
    def is_string(_: TypeChecker, value: object) -> bool:
        return isinstance(value, str | date)

    types = Draft202012Validator.TYPE_CHECKER.redefine("string", is_string)
    validator: Any = extend(Draft202012Validator, type_checker=types)  # type: ignore[no-untyped-call]
    return validator(schema(), format_checker=FormatChecker(["date"]))


def _explain(error: ValidationError) -> Iterator[Fault]:
    path = tuple(error.absolute_path)
    instance: Any = error.instance
    rule: Any = error.validator_value
    table: Any = error.schema
    if error.validator == "additionalProperties":
        known = table["properties"].keys()
        for key in instance.keys() - known:
            yield (*path, key), f"unknown key; known here: {', '.join(known)}"
    elif error.validator == "required":
        hint = "every class has numbers" if path[:1] == ("class",) else "it has no default"
        for key in rule:
            if key not in instance:
                yield path, f"{key} is missing ({hint}): add it"
    else:
        yield path, ADVICE.get(str(error.validator), error.message)


def _beyond_the_schema(document: dict[str, Any]) -> Iterator[Fault]:
    for path, table in _tables(document):
        rate = table.get("errors", {}).get("max_rate", 0)
        if rate * FASTEST_BURN >= 1:
            hint = f"at the fastest burn rate, {FASTEST_BURN}, its alert could never fire"
            yield (*path, "errors", "max_rate"), f"{rate}: {hint}; take less than {1 / FASTEST_BURN:.3f}"
        latency = table.get("latency", {})
        if latency.get("p99_ms", float("inf")) < latency.get("p95_ms", 0):
            yield (*path, "latency", "p99_ms"), "is under p95_ms: 99 % cannot be faster than 95 %"
    for name, threshold in document.get("threshold", {}).items():
        if _swapped(threshold):
            yield ("threshold", name, "critical"), "comes before warning: swap them, or the direction"


def _tables(document: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
    for name, table in document["class"].items():
        yield ("class", name), table
    for section in ("operation", "override"):
        for index, table in enumerate(document.get(section, [])):
            yield (section, index), table


def _swapped(threshold: dict[str, Any]) -> bool:
    if "warning" not in threshold or "critical" not in threshold:
        return False
    warning, critical = threshold["warning"], threshold["critical"]
    return bool(critical < warning if threshold["direction"] == "above" else critical > warning)
