"""How the OpenAPI description differs from what drf-spectacular finds by itself."""

from typing import Any

ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "fields"],
            "properties": {
                "code": {"type": "string", "description": "for programs"},
                "message": {"type": "string", "description": "for people: what is wrong and what to do"},
                "fields": {"type": "object", "additionalProperties": {}, "description": "faults by field"},
            },
        }
    },
}


def without_slash(endpoints: list[tuple[str, Any, str, Any]]) -> list[tuple[str, Any, str, Any]]:
    """A path's slash is optional; it is written without."""
    return [(path.rstrip("/"), *rest) for path, *rest in endpoints]


def with_errors(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:  # noqa: ARG001
    """Every operation may answer with the one error shape."""
    result["components"].setdefault("schemas", {})["Error"] = ERROR
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    for path in result["paths"].values():
        for operation in path.values():
            operation["responses"]["default"] = {"description": "An error", "content": content}
    return result
