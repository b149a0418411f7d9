"""What budgets.toml and the scenarios leave open: entries for nothing, expired ones, gaps."""

from collections.abc import Iterable, Iterator, Mapping

from monitoring.budgets import Budgets, Rule
from monitoring.budgets.model import Exemption
from monitoring.budgets.resolve import matches
from monitoring.scenarios import scenarios

from .catalogue import Known


def stale_entries(budgets: Budgets, names: Iterable[str]) -> list[str]:
    """Entries that name no operation of `names`, and entries that have expired; as sentences."""
    return [*_for_nothing(budgets, list(names)), *_expired(budgets)]


def coverage_gaps(budgets: Budgets, needed: Iterable[str], known: Mapping[str, Known]) -> list[str]:
    """Operations that need a scenario and have neither one nor an exemption in force; as sentences."""
    excused = {entry.operation for entry in budgets.exemptions if not budgets.expired(entry)}
    missing = sorted(set(needed) - scenarios().keys() - excused)
    return [
        f"{known[name].kind if name in known else 'operation'} {name} has no scenario: declare one in its "
        "app's scenarios.py, or an [[exempt]] entry with a reason and an expiry in budgets.toml"
        for name in missing
    ]


def _for_nothing(budgets: Budgets, names: list[str]) -> Iterator[str]:
    for rule in (*budgets.operations, *budgets.overrides):
        if not any(matches(rule.match, name) for name in names):
            place = _place(budgets, rule, "match")
            yield f"{place}: {rule.match!r} names no operation; `manage.py budget list` prints the names"
    for name in budgets.pinned:
        if name not in names:
            place = f"{budgets.path}:{budgets.line(('pinned', name))}: pinned"
            yield f"{place}: {name!r} names no operation: remove it"
    for exemption in budgets.exemptions:
        if exemption.operation not in names:
            yield f"{_place(budgets, exemption, 'operation')}: {exemption.operation!r} names no operation"


def _expired(budgets: Budgets) -> Iterator[str]:
    entries: list[Rule | Exemption] = [*budgets.overrides, *budgets.exemptions]
    for entry in entries:
        if budgets.expired(entry):
            place = _place(budgets, entry, "expires")
            yield f"{place}: it expired on {entry.expires} ({entry.reason}): remove it, or decide anew"


def _place(budgets: Budgets, entry: Rule | Exemption, key: str) -> str:
    return f"{budgets.where(entry)}: {'.'.join(map(str, entry.key))}.{key}"
