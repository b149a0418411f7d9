"""Cache calls: the outermost one is counted, by a subclass made once for each backend class."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, wraps
from time import perf_counter_ns
from typing import Any, Final

from django.core.cache import CacheHandler, caches

from .. import faults, switch, totals
from ..record import _current

HIT, MISS, OK, ERROR = "hit", "miss", "ok", "error"
_MISSING: Final = object()
# Set while a call is running: what a backend calls on itself is part of that call.
_inside: Final[ContextVar[bool]] = ContextVar("tachograph_in_cache", default=False)

Call = Callable[..., Any]


def _count(backend: Any, command: str, result: str, ns: int, number: int = 1) -> None:
    try:
        alias = backend.tachograph_alias
        if backend.__dict__.pop("tachograph_swallowed", False):
            result = ERROR
        operation = _current.get()
        if operation is None or operation.finished:
            if number:
                totals.add_unattributed_cache_call(alias, command, result, number)
            return
        operation.cache_ns += ns
        if number:
            key = alias, command, result
            operation.cache[key] = operation.cache.get(key, 0) + number
    except Exception as fault:  # noqa: BLE001  (the user's value stands, whatever happened to its record)
        faults.caught(fault, "cache")


def _call(backend: Any, command: str, run: Callable[[], Any], judge: Callable[[Any], str]) -> Any:
    """Run one outermost call and count what came of it."""
    token = _inside.set(True)
    start = perf_counter_ns()
    try:
        value = run()
    except Exception as error:
        missing = command in ("incr", "decr") and isinstance(error, ValueError)
        _count(backend, command, MISS if missing else ERROR, perf_counter_ns() - start)
        raise
    finally:
        _inside.reset(token)
    _count(backend, command, judge(value), perf_counter_ns() - start)
    return value


def _get(original: Call) -> Call:
    @wraps(original)
    def get(self: Any, key: Any, default: Any = None, *args: Any, **kwargs: Any) -> Any:
        if _inside.get() or not switch.on:
            return original(self, key, default, *args, **kwargs)
        token = _inside.set(True)
        start = perf_counter_ns()
        try:
            value = original(self, key, _MISSING, *args, **kwargs)
        except Exception:
            _count(self, "get", ERROR, perf_counter_ns() - start)
            raise
        finally:
            _inside.reset(token)
        if value is _MISSING:
            _count(self, "get", MISS, perf_counter_ns() - start)
            return default
        _count(self, "get", HIT, perf_counter_ns() - start)
        return value

    return get


def _get_many(original: Call) -> Call:
    @wraps(original)
    def get_many(self: Any, keys: Any, *args: Any, **kwargs: Any) -> Any:
        if _inside.get() or not switch.on:
            return original(self, keys, *args, **kwargs)
        keys = list(keys)
        token = _inside.set(True)
        start = perf_counter_ns()
        try:
            values = original(self, keys, *args, **kwargs)
        except Exception:
            _count(self, "get_many", ERROR, perf_counter_ns() - start)
            raise
        finally:
            _inside.reset(token)
        ns = perf_counter_ns() - start
        if "tachograph_swallowed" in self.__dict__:
            _count(self, "get_many", ERROR, ns)
            return values
        _count(self, "get_many", HIT, ns, len(values))
        _count(self, "get_many", MISS, 0, len(set(keys)) - len(values))
        return values

    return get_many


def _get_or_set(original: Call) -> Call:
    @wraps(original)
    def get_or_set(self: Any, key: Any, default: Any, *args: Any, **kwargs: Any) -> Any:
        if _inside.get() or not switch.on:
            return original(self, key, default, *args, **kwargs)
        missed = False

        def fill() -> Any:
            nonlocal missed
            missed = True
            token = _inside.set(False)  # what the callable does counts by itself
            try:
                return default() if callable(default) else default
            finally:
                _inside.reset(token)

        return _call(
            self, "get_or_set", lambda: original(self, key, fill, *args, **kwargs),
            lambda _: MISS if missed else HIT,
        )  # fmt: skip

    return get_or_set


def _simple(command: str, judge: Callable[[Any], str]) -> Callable[[Call], Call]:
    def wrap(original: Call) -> Call:
        @wraps(original)
        def call(self: Any, *args: Any, **kwargs: Any) -> Any:
            if _inside.get() or not switch.on:
                return original(self, *args, **kwargs)
            return _call(self, command, lambda: original(self, *args, **kwargs), judge)

        return call

    return wrap


def _ok(_: Any) -> str:
    return OK


def _found(value: Any) -> str:
    return HIT if value else MISS


WRAPPERS: Final[dict[str, Callable[[Call], Call]]] = {
    "get": _get,
    "get_many": _get_many,
    "get_or_set": _get_or_set,
    "has_key": _simple("has_key", _found),
    "touch": _simple("touch", lambda touched: OK if touched else MISS),
    **{
        command: _simple(command, _ok)
        for command in (
            "set", "add", "delete", "set_many", "delete_many", "clear",
            "incr", "decr", "incr_version", "decr_version",
        )
    },
}  # fmt: skip


def _get_ignore(self: Any) -> bool:
    # django-redis reads this only once an exception has happened: reading it is how one that it is about
    # to swallow becomes known.
    ignore = bool(self.__dict__.get("_ignore_exceptions"))
    if ignore:
        self.__dict__["tachograph_swallowed"] = True
    return ignore


def _set_ignore(self: Any, value: bool) -> None:
    self.__dict__["_ignore_exceptions"] = value


@cache
def instrumented(backend_class: type) -> type:
    """The subclass of a cache backend's class whose commands are counted."""
    members: dict[str, Any] = {
        command: wrap(getattr(backend_class, command))
        for command, wrap in WRAPPERS.items()
        if hasattr(backend_class, command)
    }
    members["__module__"] = backend_class.__module__
    members["_ignore_exceptions"] = property(_get_ignore, _set_ignore)
    return type(backend_class.__name__, (backend_class,), members)


def watch(backend: Any, alias: str) -> Any:
    """Make a cache backend count its calls. Watching it again changes nothing."""
    if "tachograph_alias" not in backend.__dict__:
        backend.__class__ = instrumented(type(backend))
        backend.tachograph_alias = alias
    return backend


def _create_connection(original: Call) -> Call:
    @wraps(original)
    def create_connection(self: CacheHandler, alias: str) -> Any:
        backend = original(self, alias)
        with faults.internal("cache"):
            watch(backend, alias)
        return backend

    create_connection.tachograph = True  # type: ignore[attr-defined]
    return create_connection


@contextmanager
def uncounted() -> Any:
    """Cache calls in this block are not counted: the monitoring's own."""
    token = _inside.set(True)
    try:
        yield
    finally:
        _inside.reset(token)


def install() -> None:
    """Watch every cache that exists or will."""
    if not hasattr(CacheHandler.create_connection, "tachograph"):
        CacheHandler.create_connection = _create_connection(CacheHandler.create_connection)  # type: ignore[method-assign]
    for alias in caches:
        if hasattr(caches._connections, alias):  # noqa: SLF001
            watch(caches[alias], alias)
