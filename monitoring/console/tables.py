"""A table, declared once: as HTML, as CSV and as JSON it shows the same rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, is_dataclass
from dataclasses import fields as fields_of
from datetime import datetime
from typing import Any

from django.http import HttpResponse, JsonResponse

from .formats import UNKNOWN

Row = Any


@dataclass(frozen=True, slots=True)
class Column:
    """`value` gives what is exported (a dotted attribute path or a function of the row), `show` what is
    seen of it: a function of the value, or of the row where `shows_row`. `sort` is the name that the query
    string's `sort` takes, where the table can be sorted by it."""

    label: str
    value: str | Callable[[Row], Any]
    show: Callable[[Any], Any] | None = None
    shows_row: bool = False
    numeric: bool = False
    sort: str = ""
    help: str = ""
    key: str = ""

    @property
    def name(self) -> str:
        """Its name in exports."""
        if self.key:
            return self.key
        if isinstance(self.value, str):
            return self.value.replace(".", "_")
        return self.label.lower().replace(" ", "_")

    def of(self, row: Row) -> Any:
        """The value in this row."""
        if callable(self.value):
            return self.value(row)
        found = row
        for part in self.value.split("."):
            found = getattr(found, part) if found is not None else None
        return found

    def cell(self, row: Row) -> Any:
        """What is seen of it."""
        if self.show is not None:
            return self.show(row if self.shows_row else self.of(row))
        value = self.of(row)
        return UNKNOWN if value is None or value == "" else value


@dataclass(slots=True)
class Table:
    """Rows under a caption. `empty` says what to do when there are none; `total` counts all pages' rows.

    A tall one is scrolled within the page.
    """

    id: str
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    empty: str = "Nothing in this window."
    sorted_by: str = ""
    note: str = ""
    total: int | None = None
    page: int = 1
    pages: int = 1
    row_class: Callable[[Row], str] | None = None
    exports: bool = True
    is_tall: bool = False

    def cells(self) -> Iterator[tuple[str, list[tuple[Column, Any]]]]:
        """Row by row its class and its cells."""
        for row in self.rows:
            name = self.row_class(row) if self.row_class else ""
            yield name, [(column, column.cell(row)) for column in self.columns]

    def values(self) -> Iterator[dict[str, Any]]:
        """Row by row what is exported."""
        for row in self.rows:
            yield {column.name: plain(column.of(row)) for column in self.columns}

    @property
    def before(self) -> int | None:
        """The number of the page before."""
        return self.page - 1 if self.page > 1 else None

    @property
    def after(self) -> int | None:
        """The number of the page after."""
        return self.page + 1 if self.page < self.pages else None


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, datetime):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: plain(getattr(value, item.name)) for item in fields_of(value)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


# A spreadsheet runs what begins so as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def _csv_cell(value: Any) -> Any:
    if isinstance(value, list | tuple):
        value = "; ".join(str(item) for item in value)
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def _csv(table: Table) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(column.name for column in table.columns)
    for values in table.values():
        writer.writerow(_csv_cell(value) for value in values.values())
    return out.getvalue()


def export(tables: Iterable[Table], form: str, chosen: str) -> HttpResponse | None:
    """One table as CSV, or one or all as JSON; None where `form` is neither or there is no such table."""
    found = {table.id: table for table in tables if table.exports}
    if chosen and chosen not in found:
        return None
    if form == "json":
        shown = [found[chosen]] if chosen else found.values()
        return JsonResponse({table.id: list(table.values()) for table in shown})
    if form == "csv" and found:
        table = found[chosen] if chosen else next(iter(found.values()))
        response = HttpResponse(_csv(table), content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = f'attachment; filename="tachograph-{table.id}.csv"'
        return response
    return None
