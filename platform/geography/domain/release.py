"""Reading one release of the PSGC, from PSA's columns as CSV or from what the package `barangay` ships.

Nothing is written here. A release that cannot be right is refused with the line at fault.
"""

import csv
import gzip
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

LEVELS = {"Reg", "Prov", "Mun", "City", "SubMun", "Bgy", "Oth"}
# Which parents a level may have. "Oth" is a pseudo-row of PSA's, which stands for its region.
PARENTS = {
    "Reg": set(),
    "Prov": {"Reg"},
    "Oth": {"Reg"},
    "Mun": {"Prov", "Reg", "Oth"},
    "City": {"Prov", "Reg", "Oth"},
    "SubMun": {"Mun", "City"},
    "Bgy": {"Mun", "City", "SubMun"},
}
REQUIRED = ("psgc_code", "name", "level", "parent_code")
POPULATIONS = ("pop_2015", "pop_2020", "pop_2024")
DETAILS = ("correspondence_code", "old_name", "city_class", "income_class", "urban_rural")
NAME_MAX = 100
_CODE = re.compile("[0-9]{10}")
POSTGRES_INTEGER_MAX = 2**31 - 1


class ReleaseError(ValueError):
    """A release that is not loaded; the message names the line."""


@dataclass(frozen=True, slots=True)
class Row:
    line: int
    code: str
    name: str
    level: str
    parent: str
    # The columns of DETAILS and POPULATIONS that this release has.
    details: dict[str, str] = field(default_factory=dict)
    populations: dict[str, int | None] = field(default_factory=dict)


class Release:
    """All rows of one release, by code, each with a parent that may hold it."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows: dict[str, Row] = {}
        for row in rows:
            if row.code in self.rows:
                first = self.rows[row.code].line
                raise ReleaseError(f"line {row.line}: the code {row.code} stands in line {first} already")
            self.rows[row.code] = row
        if not self.rows:
            raise ReleaseError("line 1: the release is empty; is this the right file?")
        for row in self.rows.values():
            self._check_parent(row)

    def of(self, *levels: str) -> Iterator[Row]:
        return (row for row in self.rows.values() if row.level in levels)

    def above(self, row: Row, *levels: str) -> Row | None:
        """The nearest unit over `row` of one of `levels`."""
        while row.parent:
            row = self.rows[row.parent]
            if row.level in levels:
                return row
        return None

    def _check_parent(self, row: Row) -> None:
        parent = self.rows.get(row.parent)
        if row.parent and parent is None:
            raise ReleaseError(f"line {row.line}: {row.name}'s parent {row.parent} is not in the release")
        level = parent.level if parent else "none"
        if level not in (PARENTS[row.level] or {"none"}):
            wanted = " or ".join(sorted(PARENTS[row.level])) or "none"
            raise ReleaseError(
                f"line {row.line}: {row.name} ({row.level}) needs a parent of {wanted}, has {level}"
            )


def read_csv(path: Path) -> Iterator[Row]:
    """The rows of a CSV with PSA's columns (REQUIRED, and what it has of the others), gzipped or not."""
    with _open(path) as text:
        reader = csv.reader(text, strict=True)
        header: list[str] = []
        try:
            header = next(reader, [])
            if missing := [name for name in REQUIRED if name not in header]:
                raise ReleaseError(f"line 1: the columns {', '.join(missing)} are missing from {path.name}")
            for cells in reader:
                if len(cells) != len(header):
                    raise ReleaseError(
                        f"line {reader.line_num}: {len(cells)} columns instead of {len(header)}"
                    )
                yield _row(reader.line_num, dict(zip(header, cells, strict=True)))
        except (csv.Error, UnicodeDecodeError, EOFError, gzip.BadGzipFile) as error:
            raise ReleaseError(f"line {reader.line_num + 1}: {path.name} is broken here: {error}") from error


def packaged_path() -> Path:
    """Where the package `barangay` keeps its units. It is not imported: that would pull pandas."""
    spec = find_spec("barangay")
    if spec is None or spec.origin is None:
        raise ReleaseError("no FILE given and the package `barangay` is missing: `make run` installs it")
    return Path(spec.origin).parent / "data" / "barangay_flat.json"


# As the package calls them. Its one city inside a city is PSA's pseudo-row "City of Isabela (Not a
# Province)".
_PACKAGED = {
    "region": "Reg",
    "province": "Prov",
    "city": "City",
    "municipality": "Mun",
    "submunicipality": "SubMun",
    "barangay": "Bgy",
    "special_geographic_area": "Oth",
}
_COUNTRY = "0000000000"


def read_packaged(path: Path) -> Iterator[Row]:
    """The rows of a `barangay_flat.json`: a list of {name, type, psgc_id, parent_psgc_id}. No population."""
    try:
        units = json.loads(path.read_text(encoding="utf-8"))
        kinds = {unit["psgc_id"]: unit["type"] for unit in units}
        places = ("city", "municipality")
        pseudo = {
            u["parent_psgc_id"]
            for u in units
            if u["type"] in places and kinds.get(u["parent_psgc_id"]) in places
        }
    except (ValueError, KeyError, TypeError) as error:
        raise ReleaseError(f"line 1: {path.name} is not the package's list of units: {error!r}") from error
    for number, unit in enumerate(units, 1):
        level = "Oth" if unit["psgc_id"] in pseudo else _PACKAGED.get(unit["type"], unit["type"])
        parent = "" if unit["parent_psgc_id"] == _COUNTRY else unit["parent_psgc_id"]
        yield _row(
            number,
            {"psgc_code": unit["psgc_id"], "name": unit["name"], "level": level, "parent_code": parent},
        )


def counted(rows: Iterable[Row], step: Callable[[int], None], every: int = 1000) -> Iterator[Row]:
    """`rows`, telling `step` how many more have passed."""
    for number, row in enumerate(rows, 1):
        yield row
        if number % every == 0:
            step(every)


def _open(path: Path) -> io.TextIOWrapper:
    try:
        with path.open("rb") as head:
            zipped = head.read(2) == b"\x1f\x8b"
        raw = (gzip.open if zipped else open)(path, "rb")
    except OSError as error:
        raise ReleaseError(f"line 1: {path} cannot be read: {error.strerror}") from error
    return io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")


def _row(line: int, cells: dict[str, str]) -> Row:
    code, name, level, parent = (str(cells[column]).strip() for column in REQUIRED)
    for value, what in ((code, "psgc_code"), (parent, "parent_code")):
        if not code or (value and not _CODE.fullmatch(value)):
            raise ReleaseError(f"line {line}: {what} {value!r} is not ten digits")
    if not 0 < len(name) <= NAME_MAX or not name.isprintable():
        raise ReleaseError(
            f"line {line}: {code} needs a name of 1 to {NAME_MAX} printable characters, has {name!r}"
        )
    if level not in LEVELS:
        raise ReleaseError(f"line {line}: level {level!r} is none of {', '.join(sorted(LEVELS))}")
    return Row(
        line,
        code,
        name,
        level,
        parent,
        details={key: _detail(line, key, cells[key].strip()) for key in DETAILS if key in cells},
        populations={key: _population(line, key, cells[key].strip()) for key in POPULATIONS if key in cells},
    )


_LENGTHS = {
    "correspondence_code": 9,
    "old_name": NAME_MAX,
    "city_class": 3,
    "income_class": 4,
    "urban_rural": 1,
}


def _detail(line: int, key: str, value: str) -> str:
    if len(value) > _LENGTHS[key]:
        raise ReleaseError(f"line {line}: {key} {value!r} is longer than {_LENGTHS[key]} characters")
    return "" if value == "-" else value


def _population(line: int, key: str, value: str) -> int | None:
    if not value:
        return None
    if not (value.isascii() and value.isdigit() and int(value) <= POSTGRES_INTEGER_MAX):
        raise ReleaseError(f"line {line}: {key} {value!r} is not a number of people")
    return int(value)
