"""The statements of a measured operation, with their lines of code."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from monitoring.runs import StatementRuns

from .measure import Measured, Sample


@dataclass(frozen=True, slots=True)
class Line:
    """A statement: its runs at both sizes, the lines of code it comes from, and a remark."""

    fingerprint: str
    sql: str
    small: int
    large: int
    places: tuple[str, ...]
    note: str = ""

    def noted(self, note: str) -> "Line":
        """The same with a note."""
        return replace(self, note=note)


def lines_of(measured: Measured) -> dict[str, Line]:
    """Every statement of the operation by fingerprint, the most frequent at the large size first."""
    fingerprints = measured.small.cold.statements.keys() | measured.large.cold.statements.keys()
    lines = (line_of(measured, fingerprint) for fingerprint in fingerprints)
    return {line.fingerprint: line for line in sorted(lines, key=lambda line: (-line.large, line.sql))}


def line_of(measured: Measured, fingerprint: str, note: str = "") -> Line:
    """One statement of the operation."""
    found = [sample.cold.statements.get(fingerprint) for sample in (measured.small, measured.large)]
    runs: StatementRuns = next(item for item in reversed(found) if item is not None)
    counts = [item.runs if item is not None else 0 for item in found]
    places = {**_places(measured.small, fingerprint), **_places(measured.large, fingerprint)}
    return Line(fingerprint, runs.statement.sql, counts[0], counts[1], tuple(places), note)


def _places(sample: Sample, fingerprint: str) -> Mapping[str, int]:
    return {str(place): runs for place, runs in sample.places.get(fingerprint, {}).items()}
