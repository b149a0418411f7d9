"""JSON bodies that the store can keep."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from .errors import TooLarge

MAX_BYTES: Final = 2_000_000
# As json writes it; a backslash before it would make it plain text.
_NUL: Final = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class LimitedJSONParser(JSONParser):
    """At most MAX_BYTES, and only what PostgreSQL's jsonb takes: no NUL, no lone surrogate, no infinity."""

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The document. Raises TooLarge (413) or ParseError (400)."""
        body = stream.read(MAX_BYTES + 1)
        if len(body) > MAX_BYTES:
            raise TooLarge(f"A body of the system API has at most {MAX_BYTES} bytes: send less.")
        try:
            document = super().parse(io.BytesIO(body), media_type, parser_context)
            text = json.dumps(document, ensure_ascii=False, allow_nan=False)
            text.encode("utf-8")
        except (ValueError, RecursionError) as error:
            raise ParseError(f"The body is not JSON that can be kept: {error}") from error
        if _NUL.search(text):
            raise ParseError("The body has a NUL character in it, which cannot be kept: leave it out.")
        return document
