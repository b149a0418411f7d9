"""Errors in the shape {"error": {"code", "message", "fields"}}, whatever the project answers elsewhere."""

from __future__ import annotations

from typing import Any

from django.db import InterfaceError, OperationalError, ProgrammingError
from django.http import Http404
from rest_framework import exceptions, status, views
from rest_framework.response import Response
from rest_framework.settings import api_settings

from monitoring.errors import ActionError, NotFoundError, ReportError
from monitoring.store.connection import Failure, failure_of


class Conflict(exceptions.APIException):
    """409: as things stand it cannot be done."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


class Unavailable(exceptions.APIException):
    """503: the database does not answer."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "unavailable"
    default_detail = "The database did not answer in time. Try again in a moment; /metrics needs no database."


class TooLarge(exceptions.APIException):
    """413."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"


def as_api_exception(error: Exception) -> Exception:
    """What DRF knows, for what Tachograph and the database raise."""
    known: Exception = error
    if isinstance(error, ReportError):
        known = exceptions.ValidationError({error.field: [str(error)]})
    elif isinstance(error, NotFoundError):
        known = exceptions.NotFound(str(error))
    elif isinstance(error, ActionError):
        known = Conflict(str(error))
    elif isinstance(error, OperationalError | InterfaceError):
        known = Unavailable()
    elif isinstance(error, ProgrammingError) and failure_of(error) is Failure.NOT_MIGRATED:
        known = Unavailable(f"The store has no figures: {Failure.NOT_MIGRATED.value}.")
    if known is not error:
        known.__cause__ = error
    return known


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """The EXCEPTION_HANDLER of a project that has none of its own."""
    response = views.exception_handler(error, context)
    if response is None:
        return None
    fields: dict[str, Any] = {}
    if isinstance(error, exceptions.ValidationError):
        fields = dict(error.detail) if isinstance(error.detail, dict) else {"body": error.detail}
        message = " ".join(f"{name}: {_first(said)}" for name, said in fields.items())
    else:
        message = str(getattr(error, "detail", "")) or response.status_text
    response.data = {"error": {"code": _code(error), "message": message, "fields": fields}}
    return response


def _code(error: Exception) -> str:
    if isinstance(error, exceptions.ValidationError):
        return "invalid"
    if isinstance(error, exceptions.APIException):
        codes = error.get_codes()
        return codes if isinstance(codes, str) else error.default_code
    return "not_found" if isinstance(error, Http404) else "permission_denied"


def _first(said: Any) -> str:
    while isinstance(said, dict | list) and said:
        said = next(iter(said.values())) if isinstance(said, dict) else said[0]
    return str(said)


def handler() -> Any:
    """The project's own handler, or ours where it has only DRF's."""
    chosen = api_settings.EXCEPTION_HANDLER
    return handle if chosen is views.exception_handler else chosen
