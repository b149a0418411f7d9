"""The admin's Content-Security-Policy: django-unfold needs more than the rest of the service is granted.

Its Alpine evaluates the expressions of its templates ('unsafe-eval'), and sets style attributes. Its style
elements are granted by their hashes: the theme's follows from the settings, the others stand in its files.
"""

import re
from base64 import b64encode
from functools import lru_cache
from hashlib import sha256

from django.http import HttpRequest, HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

_THEME = re.compile(rb'<style id="unfold-theme-colors">(.*?)</style>', re.DOTALL)
_LIST = re.compile(rb"<style>(\s*#changelist table thead th:first-child \{width: inherit\}\s*)</style>")
# What its htmx writes into each page (includeIndicatorStyles).
_HTMX = "'sha256-bsV5JivYxvGywDAZ22EZJKBFip65Ng9xoJVLbBg7bdo='"
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-eval'; style-src 'self' {hashes}; "
    "style-src-attr 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)


@lru_cache(maxsize=8)
def _hash(text: bytes) -> str:
    return f"'sha256-{b64encode(sha256(text).digest()).decode()}'"


def _hashes(content: bytes) -> str:
    # The first of each only: both stand before anything that a person entered.
    found = (pattern.search(content) for pattern in (_THEME, _LIST))
    return " ".join([_HTMX, *(_hash(match[1]) for match in found if match)])


class AdminPolicyMiddleware(MiddlewareMixin):
    """Sets it on the HTML under the admin's path.

    A MiddlewareMixin, so that no line of it stands around every view: a query that Django itself asks there
    would be told to come from it.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        route = request.resolver_match
        is_admin = route is not None and "admin" in route.app_names and not response.streaming
        if is_admin and response.get("Content-Type", "").startswith("text/html"):
            response.headers["Content-Security-Policy"] = POLICY.format(hashes=_hashes(response.content))
        return response
