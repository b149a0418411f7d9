"""This process' own connections to its databases, and the wait for one from Django's psycopg pool.

Written to the cells as they open and close, so that a scrape of any process shows all. Of a pool that is as
of the last time that a connection was taken or given back.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping
from functools import wraps
from time import perf_counter
from typing import Any
from weakref import WeakSet, finalize

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from .. import catalog, faults, switch, totals
from ..cells import process
from ..cells.slot import SlotError

_watched: WeakSet[BaseDatabaseWrapper] = WeakSet()
# Django's wrappers that have a connection, by alias.
_open: dict[str, WeakSet[BaseDatabaseWrapper]] = {}
_waiting: Counter[str] = Counter()
_pools: Mapping[str, Any] = {}


def _states(alias: str) -> dict[str, int]:
    """How many there are in each state. Without a pool only Django's caller knows which are in use."""
    held = sum(1 for _ in _open.get(alias, ()))
    pool = _pools.get(alias)
    if pool is None:
        return {"open": held}
    idle = pool.get_stats()["pool_available"]
    return {"open": held + idle, "in_use": held, "idle": idle, "waiting": _waiting[alias]}


def _write(alias: str) -> None:
    with faults.internal("connections"), process.lock:
        try:
            for state, number in _states(alias).items():
                totals.put(catalog.DB_CONNECTIONS, number, alias, state)
        except SlotError:
            totals.drop(1)


def _on_connection_created(connection: BaseDatabaseWrapper, **_: Any) -> None:
    if not switch.installed:
        return
    with faults.internal("connections"), process.lock:
        if connection not in _watched:
            _watched.add(connection)
            setattr(connection, "_close", _told(connection._close, connection.alias))  # type: ignore[attr-defined]  # noqa: B010, SLF001
            # A thread may end and leave its connection to the garbage collector.
            finalize(connection, _write, connection.alias).atexit = False
        _open.setdefault(connection.alias, WeakSet()).add(connection)
        _write(connection.alias)


def _told(close: Callable[[], Any], alias: str) -> Callable[[], Any]:
    """`close`, a bound method of a connection; what it closes is no longer counted."""

    @wraps(close)
    def told() -> Any:
        try:
            return close()
        finally:
            with process.lock:
                _open.get(alias, WeakSet()).discard(close.__self__)  # type: ignore[attr-defined]
            _write(alias)

    return told


def _alias_of(pool: Any) -> str | None:
    """Which database's pool it is; None for one that is not Django's."""
    return next((alias for alias, known in list(_pools.items()) if known is pool), None)


def _timed(getconn: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(getconn)
    def timed(self: Any, *args: Any, **kwargs: Any) -> Any:
        alias = _alias_of(self) if switch.on else None
        if alias is None:
            return getconn(self, *args, **kwargs)
        _wait(alias, 1)
        start = perf_counter()
        try:
            return getconn(self, *args, **kwargs)
        finally:
            _wait(alias, -1, perf_counter() - start)

    timed.tachograph = True  # type: ignore[attr-defined]
    return timed


def _wait(alias: str, change: int, waited: float | None = None) -> None:
    with faults.internal("connections"), process.lock:
        _waiting[alias] += change
        _write(alias)
        if waited is not None:
            try:
                totals.observe(catalog.POOL_WAIT, waited)
            except SlotError:
                totals.drop(1)


def watch_pools() -> None:
    """Measure the wait for a connection of Django's psycopg pools."""
    global _pools  # noqa: PLW0603
    from django.db.backends.postgresql.base import DatabaseWrapper  # noqa: PLC0415  (a driver's own)
    from psycopg_pool import ConnectionPool  # noqa: PLC0415

    _pools = DatabaseWrapper._connection_pools  # type: ignore[attr-defined]  # noqa: SLF001
    if not hasattr(ConnectionPool.getconn, "tachograph"):
        setattr(ConnectionPool, "getconn", _timed(ConnectionPool.getconn))  # noqa: B010


def _forget_parents() -> None:
    """A forked child's connections are those that it opens."""
    _open.clear()
    _waiting.clear()


os.register_at_fork(after_in_child=_forget_parents)


def install() -> None:
    """Watch every connection that will be opened, and the pools where there are any."""
    connection_created.connect(_on_connection_created, dispatch_uid="tachograph-connections", weak=False)
    if any(database.get("OPTIONS", {}).get("pool") for database in settings.DATABASES.values()):
        watch_pools()
