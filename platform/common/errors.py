"""The one error shape of the API: {"error": {"code", "message", "fields"}}."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.core.exceptions import ValidationError as ModelValidationError
from django.db import OperationalError, models
from django.db.models import ProtectedError
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler as drf_handler

# Errors that belong to no single field, as DRF and as Django's models call them.
WHOLE = (api_settings.NON_FIELD_ERRORS_KEY, NON_FIELD_ERRORS)


class Conflict(exceptions.APIException):
    """409: what was asked contradicts what is stored."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"
    default_detail = "This contradicts what is stored."


class Unavailable(exceptions.APIException):
    """503: the database did not answer in time."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "unavailable"
    default_detail = "The database did not answer in time. Try again in a moment."


def error_body(code: str, message: str, fields: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "fields": fields or {}}}


@contextmanager
def or_404(model: type[models.Model]) -> Iterator[None]:
    """Around a domain call: a row of `model` that is not there is 404."""
    try:
        yield
    except model.DoesNotExist as error:
        raise exceptions.NotFound(f"There is no such {model._meta.verbose_name}.") from error  # noqa: SLF001


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's EXCEPTION_HANDLER: API and Django errors in the one shape; None (a 500) for anything else."""
    exc = _as_api_exception(exc)
    response = drf_handler(exc, context)
    if response is None:
        return None
    response.data = _body(exc, response)
    return response


def _as_api_exception(exc: Exception) -> Exception:
    if isinstance(exc, ModelValidationError):
        detail = exc.message_dict if hasattr(exc, "error_dict") else {WHOLE[0]: exc.messages}
        return exceptions.ValidationError(detail)
    if isinstance(exc, ProtectedError):
        return Conflict(f"{exc.args[0]} Remove or move those first.")
    if isinstance(exc, OperationalError):
        unavailable = Unavailable()
        unavailable.__cause__ = exc
        return unavailable
    return exc


def _body(exc: Exception, response: Response) -> dict[str, Any]:
    if isinstance(exc, exceptions.ValidationError):
        fields = response.data if isinstance(response.data, dict) else {WHOLE[0]: response.data}
        return error_body("invalid", _first_message(fields), fields)
    code = getattr(exc, "default_code", "")
    if isinstance(exc, exceptions.APIException):
        codes = exc.get_codes()
        code = codes if isinstance(codes, str) else exc.default_code
    detail = response.data.get("detail", "") if isinstance(response.data, dict) else ""
    return error_body(code or _CODES.get(response.status_code, "error"), str(detail) or response.status_text)


_CODES = {403: "permission_denied", 404: "not_found"}


def _first_message(fields: Any) -> str:
    """A sentence for people who read only `message`: the first fault, with its field in front."""
    path: list[str] = []
    while isinstance(fields, (dict, list)) and fields:
        if isinstance(fields, dict):
            key, fields = next((key, value) for key, value in fields.items() if value)
            path += [] if key in WHOLE else [str(key)]
        else:
            fields = next(value for value in fields if value)
    return f"{'.'.join(path)}: {fields}" if path else str(fields)
