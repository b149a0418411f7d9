"""Errors that arise outside DRF's views (an unknown path, a crash) in the API's own shape."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, JsonResponse

from .errors import error_body

API = "/api/"
_SAY = {
    400: ("bad_request", "The request could not be understood."),
    403: ("permission_denied", "This is not allowed."),
    404: ("not_found", "There is nothing at {path}. /api/docs lists what there is."),
    405: ("method_not_allowed", "{path} does not answer {method}."),
}
_CRASH = ("server_error", "The server failed. The X-Request-ID header of this answer names it in the log.")


class ApiErrorMiddleware:
    """Replaces Django's HTML error pages under /api/. A developer (DEBUG) keeps the traceback of a 500."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not (request.path.startswith(API) and _is_html_error(response)):
            return response
        if response.status_code >= 500 and settings.DEBUG:
            return response
        code, message = _SAY.get(response.status_code, _CRASH if response.status_code >= 500 else _SAY[400])
        body = error_body(code, message.format(path=request.path, method=request.method))
        replaced = JsonResponse(body, status=response.status_code)
        for header in ("Allow", "WWW-Authenticate", "Retry-After"):
            if header in response:
                replaced[header] = response[header]
        return replaced


def _is_html_error(response: HttpResponseBase) -> bool:
    kind = response.get("Content-Type", "")
    return response.status_code >= 400 and not kind.startswith(("application/json", "application/problem"))
