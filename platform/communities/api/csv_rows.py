"""A CSV body as rows, each validated like a JSON one, and its faults told by line."""

import csv
import io
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import BaseParser
from rest_framework.serializers import BaseSerializer

from communities.domain.bulk import IMPORT_MAX

BYTES_MAX = 10 * 2**20
FAULTS_MAX = 100


class CsvParser(BaseParser):
    media_type = "text/csv"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> bytes:  # noqa: ARG002
        return stream.read(BYTES_MAX + 1)


def csv_rows(data: Any, row: type[BaseSerializer]) -> list[dict[str, Any]]:
    """The validated rows of a CSV body, or of the multipart field `file`.

    Raises ValidationError: `fields` has the faults of up to FAULTS_MAX lines, by "line N".
    """
    reader = csv.DictReader(io.StringIO(_text(data), newline=""), strict=True)
    known = set(row().fields)
    if unknown := sorted(set(reader.fieldnames or ()) - known) or not reader.fieldnames:
        named = ", ".join(map(repr, unknown)) if isinstance(unknown, list) else "none"
        raise _fault(f"The first line must name fields of a community; not among them: {named}.")
    rows, faults = [], {}
    # Counted before any is validated.
    for line, cells in list(_lines(reader)):
        one = row(data={name: value for name, value in cells.items() if value})
        if None in cells or None in cells.values():
            faults[line] = {"columns": [f"A row has {len(reader.fieldnames)} columns."]}
        elif one.is_valid():
            rows.append(one.validated_data)
        else:
            faults[line] = one.errors
        if len(faults) == FAULTS_MAX:
            break
    if faults:
        raise ValidationError(faults)
    if not rows:
        raise _fault("There is no row under the first line.")
    return rows


def _lines(reader: csv.DictReader) -> Any:
    try:
        for number, cells in enumerate(reader, 1):
            if number > IMPORT_MAX:
                raise _fault(f"A file may have {IMPORT_MAX} rows; split it.")
            yield f"line {reader.line_num}", cells
    except csv.Error as error:
        raise ValidationError({f"line {reader.line_num}": [f"This is not CSV: {error}."]}) from error


def _text(data: Any) -> str:
    raw = data if isinstance(data, bytes) else data.get("file")
    if isinstance(raw, UploadedFile):
        raw = raw.read(BYTES_MAX + 1)
    if not isinstance(raw, bytes):
        raise _fault("Send the CSV as the body (text/csv), or as the field `file` of a form.")
    if len(raw) > BYTES_MAX:
        raise _fault(f"A file may have {BYTES_MAX // 2**20} MB; split it.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _fault(f"The file is not UTF-8: byte {error.start}. Save it as UTF-8.") from error


def _fault(message: str) -> ValidationError:
    return ValidationError({"file": [message]})
