"""django-silk for a moment: the next requests of one operation, with a profile of each and no value.

A session is a row of SilkSession. While none runs the middleware reads one shared byte. Only this module
imports silk, and only while a session runs. Of silk's own middleware nothing is used: that stores bodies,
headers and SQL with its parameters, and patches Django's compiler for good.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import partial
from inspect import iscoroutinefunction
from typing import Any, Final

from django.db import connections, router, transaction
from django.db.models import F
from django.db.models.signals import post_save
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.decorators import sync_and_async_middleware

from . import faults, names, operations
from .cells.flag import SharedFlag
from .origin import find
from .statements import statement
from .store.models import SilkSession

# Of one request. A session is looked at by a person.
MOST_QUERIES: Final = 1_000
KEPT: Final = timedelta(days=7)
KEPT_REQUESTS: Final = 1_000
Respond = Callable[[HttpRequest], HttpResponseBase]

# Whether a session may run. Other hosts record none.
flag = SharedFlag("silk")


def _saved(instance: SilkSession, **_: Any) -> None:
    if instance.stopped_at is None:
        transaction.on_commit(partial(flag.put, up=True), using=router.db_for_write(SilkSession))


post_save.connect(_saved, sender=SilkSession, dispatch_uid="tachograph-silk")


def _claim(operation: str) -> bool:
    """Whether this request is one of the session's. Ends the sessions that have theirs."""
    running = SilkSession.objects.filter(stopped_at=None)
    if running.filter(operation=operation, recorded__lt=F("requests")).update(recorded=F("recorded") + 1):
        return True
    running.filter(recorded__gte=F("requests")).update(stopped_at=timezone.now())
    if not running.exists():
        flag.put(up=False)
        prune()
    return False


def prune() -> int:
    """Drop what silk recorded over a week ago, or beyond the last thousand requests. How many rows went."""
    from silk.models import Request  # noqa: PLC0415

    kept = Request.objects.filter(start_time__gte=timezone.now() - KEPT).order_by("-start_time")
    return int(
        Request.objects.exclude(pk__in=list(kept.values_list("pk", flat=True)[:KEPT_REQUESTS])).delete()[0]
    )


@contextmanager
def _watched(collector: Any, row: Any) -> Iterator[None]:
    """Give silk each query as it is stored here as well: normalised, with its line, without a parameter."""

    def wrapper(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        start = timezone.now()
        try:
            return execute(sql, params, many, context)
        finally:
            found = statement(sql if isinstance(sql, str) else str(sql))
            if found.kind != "plumbing" and len(collector.queries) < MOST_QUERIES:
                collector.register_query({
                    "query": found.sql, "start_time": start, "end_time": timezone.now(),
                    "traceback": str(find(2, None)[0]), "request": row,
                })  # fmt: skip

    with ExitStack() as stack:
        for connection in connections.all():
            stack.enter_context(connection.execute_wrapper(wrapper))
        yield


def _begin(request: HttpRequest) -> tuple[Any, Any] | None:
    from silk.collector import DataCollector  # noqa: PLC0415
    from silk.models import Request  # noqa: PLC0415

    operation, _, view, *_ = names.name(request)
    with operations.own():
        if not _claim(operation):
            return None
        path = operation.partition(" ")[2]
        row = Request.objects.create(path=path, method=names.method_of(request), view_name=view)
    collector = DataCollector()
    collector.configure(row, should_profile=True)
    return collector, row


def _end(collector: Any, row: Any, response: HttpResponseBase) -> None:
    from silk.models import Response  # noqa: PLC0415

    collector.stop_python_profiler()
    row.end_time = timezone.now()
    with operations.own(), transaction.atomic():
        Response.objects.create(request=row, status_code=response.status_code, encoded_headers="{}")
        collector.finalise()
        row.save()


def _record(request: HttpRequest, get_response: Respond) -> HttpResponseBase:
    begun = None
    with faults.internal("silk"):
        begun = _begin(request)
    if begun is None:
        return get_response(request)
    collector, row = begun
    try:
        with _watched(collector, row):
            response = get_response(request)
        with faults.internal("silk"):
            _end(collector, row, response)
        return response
    finally:
        collector.stop_python_profiler()
        collector.clear()


@sync_and_async_middleware
def SilkSessionMiddleware(get_response: Any) -> Any:  # noqa: N802  (named as Django's are)
    """Record with silk what a session asks for. Stands right after RecorderMiddleware. Silk knows no async:
    under ASGI it stands aside."""
    if iscoroutinefunction(get_response):
        return get_response

    def middleware(request: HttpRequest) -> HttpResponseBase:
        return _record(request, get_response) if flag.is_up() else get_response(request)

    return middleware
