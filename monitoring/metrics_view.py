"""GET /metrics, and who may read it."""

from __future__ import annotations

from hmac import compare_digest
from ipaddress import ip_address, ip_network
from time import perf_counter

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET
from prometheus_client.exposition import choose_encoder

from . import totals
from .conf import conf
from .exposition import registry

# Any of these says that the peer is a proxy, and that its address is not the client's.
FORWARDING = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_X_FORWARDED_HOST", "HTTP_VIA")


def _has_token(request: HttpRequest) -> bool:
    token = conf().METRICS_TOKEN
    scheme, _, given = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return (
        bool(token) and scheme.lower() == "bearer" and compare_digest(given.strip().encode(), token.encode())
    )


def _is_allowed_address(request: HttpRequest) -> bool:
    if any(header in request.META for header in FORWARDING):
        return False
    try:
        peer = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False  # a unix socket: anybody may stand behind it
    return peer.is_loopback or any(peer in ip_network(network) for network in conf().METRICS_ALLOW)


def _refusal() -> JsonResponse:
    message = "Send `Authorization: Bearer` with METRICS_TOKEN, or scrape from an address of METRICS_ALLOW."
    if not conf().METRICS_TOKEN:
        message = "Set METRICS_TOKEN in the service's environment, then send it as `Authorization: Bearer`."
    error = {"code": "metrics_refused", "message": message, "fields": {}}
    response = JsonResponse({"error": error}, status=401)
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures of all processes, as Prometheus text or OpenMetrics, as the scraper prefers."""
    if not (_has_token(request) or _is_allowed_address(request)):
        return _refusal()
    start = perf_counter()
    encode, content_type = choose_encoder(request.META.get("HTTP_ACCEPT", ""))
    body = encode(registry)
    totals.observe_scrape(perf_counter() - start)
    return HttpResponse(body, content_type=content_type)


metrics.operation_class = "system"  # type: ignore[attr-defined]
