"""Cache calls: the outermost one is counted, by a subclass made once for each backend class."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import cache, wraps
from time import perf_counter_ns
from typing import Any, Final

from django.core.cache import CacheHandler, caches

from .. import cache_families, faults, switch, totals
from ..cache_families import has_rule
from ..record import MAX_STEPS, Counts, Operation, _current

HIT, MISS, OK, ERROR = "hit", "miss", "ok", "error"
LOOKUPS: Final = ("get", "get_many", "get_or_set", "has_key")
_MISSING: Final = object()
# Set while a call is running: what a backend calls on itself is part of that call.
_inside: Final[ContextVar[bool]] = ContextVar("tachograph_in_cache", default=False)

Call = Callable[..., Any]


Results = tuple[tuple[str, int], ...]
Judge = Callable[[Any], tuple[Any, Results]]
# The arguments to call with, and what to make of the value: what to give back, and what it counts as.
Prepared = tuple[tuple[Any, ...], dict[str, Any], Judge]
Prepare = Callable[..., Prepared]

_HIT: Final[Results] = ((HIT, 1),)
_MISS: Final[Results] = ((MISS, 1),)
_OK: Final[Results] = ((OK, 1),)
_ERROR: Final[Results] = ((ERROR, 1),)


def _plain(*args: Any, **kwargs: Any) -> Prepared:
    return args, kwargs, lambda value: (value, _OK)


def _has_key(*args: Any, **kwargs: Any) -> Prepared:
    return args, kwargs, lambda value: (value, _HIT if value else _MISS)


def _touch(*args: Any, **kwargs: Any) -> Prepared:
    return args, kwargs, lambda value: (value, _OK if value else _MISS)


def _get(key: Any, default: Any = None, *args: Any, **kwargs: Any) -> Prepared:
    """A private default tells a cached None from nothing."""

    def judge(value: Any) -> tuple[Any, Results]:
        return (default, _MISS) if value is _MISSING else (value, _HIT)

    return (key, _MISSING, *args), kwargs, judge


def _get_many(keys: Any, *args: Any, **kwargs: Any) -> Prepared:
    wanted = list(keys)

    def judge(values: Any) -> tuple[Any, Results]:
        return values, ((HIT, len(values)), (MISS, len(set(wanted)) - len(values)))

    return (wanted, *args), kwargs, judge


def _get_or_set(key: Any, default: Any, *args: Any, **kwargs: Any) -> Prepared:
    """A hit where the default was not asked for. What a callable default does counts by itself."""
    missed = False

    def fill() -> Any:
        nonlocal missed
        missed = True
        token = _inside.set(False)
        try:
            return default() if callable(default) else default
        finally:
            _inside.reset(token)

    return (key, fill, *args), kwargs, lambda value: (value, _MISS if missed else _HIT)


COMMANDS: Final[dict[str, Prepare]] = {
    "get": _get,
    "get_many": _get_many,
    "get_or_set": _get_or_set,
    "has_key": _has_key,
    "touch": _touch,
    **dict.fromkeys(
        ("set", "add", "delete", "set_many", "delete_many", "clear", "incr", "decr", "incr_version",
         "decr_version"),
        _plain,
    ),
}  # fmt: skip


def _count(backend: Any, command: str, results: Results, start: int, ns: int) -> None:
    try:
        alias = backend.tachograph_alias
        if backend.__dict__.pop("tachograph_swallowed", False):
            results = _ERROR
        operation = _current.get()
        if operation is None or operation.finished:
            for result, number in results:
                if number:
                    totals.add_unattributed_cache_call(alias, command, result, number)
            return
        _add(operation, alias, command, results)
        operation.cache_ns += ns
        if operation.steps is not None:
            _note_step(operation, (start, ns, "cache", alias, f"{command} {results[0][0]}"))
    except Exception as fault:  # noqa: BLE001  (the user's value stands, whatever happened to its record)
        faults.caught(fault, "cache")


def _add(operation: Operation, alias: str, command: str, results: Results) -> None:
    counts = operation.cache or _made(operation)
    for result, number in results:
        if number:
            key = alias, command, result
            counts[key] = counts.get(key, 0) + number


def _made(operation: Operation) -> Counts:
    """The operation's counts of cache calls, of which this is the first."""
    operation.cache = {}
    return operation.cache


def _note_step(operation: Operation, step: tuple[int, int, str, str, str]) -> None:
    if operation.steps is not None and len(operation.steps) < MAX_STEPS:
        operation.steps.append(step)
    else:
        operation.steps_cut += 1


def _count_families(backend: Any, command: str, key: Any, value: Any, results: Results) -> None:
    """Count a look-up's key families, where the project has a rule for them."""
    with faults.internal("cache families"):
        is_hit = results[0][0] == HIT
        found = cache_families.results(command, key, value, hit=is_hit)
        counted = [(backend.tachograph_alias, family, result) for family, result in found]
        operation = _current.get()
        if operation is None or operation.finished:
            totals.add_unattributed_families(counted)
            return
        if counted and not operation.families:
            operation.families = {}
        for one in counted:
            operation.families[one] = operation.families.get(one, 0) + 1


def _failure(command: str, error: Exception) -> Results:
    """`incr` and `decr` tell a missing key by ValueError."""
    return _MISS if command in ("incr", "decr") and isinstance(error, ValueError) else _ERROR


def _counted(command: str, prepare: Prepare, original: Call) -> Call:
    is_lookup = command in LOOKUPS

    @wraps(original)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        if _inside.get() or not switch.on:
            return original(self, *args, **kwargs)
        args, kwargs, judge = prepare(*args, **kwargs)
        token = _inside.set(True)
        start = perf_counter_ns()
        try:
            value = original(self, *args, **kwargs)
        except Exception as error:
            _count(self, command, _failure(command, error), start, perf_counter_ns() - start)
            raise
        finally:
            _inside.reset(token)
        ns = perf_counter_ns() - start
        value, results = judge(value)
        _count(self, command, results, start, ns)
        if is_lookup and has_rule():
            _count_families(self, command, args[0], value, results)
        return value

    return call


def _counted_get(original: Call) -> Call:  # noqa: C901
    """`get`, of which there are the most: what `_counted` does, in fewer calls."""

    @wraps(original)
    def get(self: Any, key: Any, default: Any = None, *args: Any, **kwargs: Any) -> Any:
        if _inside.get() or not switch.on:
            return original(self, key, default, *args, **kwargs)
        token = _inside.set(True)
        start = perf_counter_ns()
        try:
            value = original(self, key, _MISSING, *args, **kwargs)
        except Exception:
            _count(self, "get", _ERROR, start, perf_counter_ns() - start)
            raise
        finally:
            _inside.reset(token)
        ns = perf_counter_ns() - start
        results, (counted, step) = _HIT, self.tachograph_hit
        if value is _MISSING:
            value, results, (counted, step) = default, _MISS, self.tachograph_miss
        try:
            operation = _current.get()
            if operation is None or operation.finished or "tachograph_swallowed" in self.__dict__:
                _count(self, "get", results, start, ns)
            else:
                operation.cache_ns += ns
                counts = operation.cache or _made(operation)
                counts[counted] = counts.get(counted, 0) + 1
                if operation.steps is not None:
                    _note_step(operation, (start, ns, "cache", self.tachograph_alias, step))
        except Exception as fault:  # noqa: BLE001  (as in _count)
            faults.caught(fault, "cache")
        if has_rule():
            _count_families(self, "get", key, value, results)
        return value

    return get


def _counted_async(command: str, prepare: Prepare, original: Call) -> Call:
    is_lookup = command in LOOKUPS

    @wraps(original)
    async def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        if _inside.get() or not switch.on:
            return await original(self, *args, **kwargs)
        args, kwargs, judge = prepare(*args, **kwargs)
        token = _inside.set(True)
        start = perf_counter_ns()
        try:
            value = await original(self, *args, **kwargs)
        except Exception as error:
            _count(self, command, _failure(command, error), start, perf_counter_ns() - start)
            raise
        finally:
            _inside.reset(token)
        ns = perf_counter_ns() - start
        value, results = judge(value)
        _count(self, command, results, start, ns)
        if is_lookup and has_rule():
            _count_families(self, command, args[0], value, results)
        return value

    return call


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
def instrumented(backend_class: Any) -> type:
    """The subclass of a cache backend's class whose commands are counted."""
    members: dict[str, Any] = {
        prefix + command: wrap(command, prepare, getattr(backend_class, prefix + command))
        for prefix, wrap in (("", _counted), ("a", _counted_async))
        for command, prepare in COMMANDS.items()
        if hasattr(backend_class, prefix + command)
    }
    members["get"] = _counted_get(backend_class.get)
    members["__module__"] = backend_class.__module__
    members["_ignore_exceptions"] = property(_get_ignore, _set_ignore)
    return type(backend_class.__name__, (backend_class,), members)


def watch(backend: Any, alias: str) -> Any:
    """Make a cache backend count its calls. Watching it again changes nothing."""
    if "tachograph_alias" not in backend.__dict__:
        backend_class: Any = type(backend)
        backend.__class__ = instrumented(backend_class)
        backend.tachograph_alias = alias
        # What a hit and a miss of `get` are counted under, and what a trace calls them.
        backend.tachograph_hit = (alias, "get", HIT), "get hit"
        backend.tachograph_miss = (alias, "get", MISS), "get miss"
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


def install() -> None:
    """Watch every cache that exists or will."""
    if not hasattr(CacheHandler.create_connection, "tachograph"):
        CacheHandler.create_connection = _create_connection(CacheHandler.create_connection)  # type: ignore[method-assign]
    for alias in caches:
        if hasattr(caches._connections, alias):  # type: ignore[attr-defined]  # noqa: SLF001
            watch(caches[alias], alias)
