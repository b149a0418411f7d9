"""The Redis servers of the project's caches, as they are now; each server once, however many aliases."""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from django.core.cache import caches

from ..budgets import budgets
from ..saturation.redis_server import client_of, own_client

logger = logging.getLogger("tachograph.servers")

# Of the slow log, which keeps 128 by itself.
MOST_SLOW: Final = 1_000
# Where budgets.toml has no [threshold.cache_hit_rate].
LOW_HIT_RATE: Final = 0.8
_COMMAND: Final = re.compile(r"[A-Za-z][A-Za-z.]{0,31}")


@dataclass(frozen=True, slots=True)
class SlowCommand:
    """How often a command was slow. Its name only: what follows it may be a key or a value."""

    command: str
    times: int
    total_ms: float
    max_ms: float


@dataclass(frozen=True, slots=True)
class CacheServer:
    """A Redis server and the cache aliases that use it. Where it is not up, `error` says what to do.

    Counts are since the server began, `uptime_s` ago. `hit_rate` is of all of its clients' look-ups, None
    where there was none. `max_memory_bytes` is 0 for no limit. `note` says what could not be read.
    `is_thrashing`: it evicts keys and still misses too often: what is put in is gone before it is asked for.
    """

    aliases: tuple[str, ...]
    is_up: bool
    error: str = ""
    address: str = ""
    version: str = ""
    uptime_s: int = 0
    clients: int = 0
    commands_a_second: int = 0
    memory_bytes: int = 0
    max_memory_bytes: int = 0
    eviction_policy: str = ""
    evicted_keys: int = 0
    expired_keys: int = 0
    hits: int = 0
    misses: int = 0
    hit_rate: float | None = None
    keys: int = 0
    slow_commands: list[SlowCommand] = field(default_factory=list)
    is_thrashing: bool = False
    advice: str = ""
    note: str = ""


def report() -> list[CacheServer]:
    """One for each server. Empty where no cache is on Redis; a cluster's nodes are not looked at."""
    servers: dict[str, CacheServer] = {}
    for alias in caches:
        client = client_of(caches[alias])
        if client is None or not hasattr(client, "connection_pool"):
            continue
        identity, server = _server(alias, client)
        known = servers.get(identity)
        servers[identity] = server if known is None else replace(known, aliases=(*known.aliases, alias))
    return list(servers.values())


def _server(alias: str, client: Any) -> tuple[str, CacheServer]:
    """What tells the server apart from others, and its report."""
    from redis import RedisError  # noqa: PLC0415  (the project has a client of it)

    options = client.connection_pool.connection_kwargs
    address = str(options.get("path") or f"{options.get('host', '')}:{options.get('port', '')}")
    try:
        with own_client(client) as own:
            info = own.info()
            slow, note = _slow_commands(own)
    except (RedisError, OSError) as error:
        logger.warning("The cache %s does not answer: %s", alias, error)
        what = "Redis does not answer. Is it running, and is the cache's LOCATION right?"
        return address, CacheServer((alias,), is_up=False, error=what, address=address)
    return str(info["run_id"]), _up(alias, address, info, slow, note)


def _up(alias: str, address: str, info: Mapping[str, Any], slow: list[SlowCommand], note: str) -> CacheServer:
    hits, misses = info["keyspace_hits"], info["keyspace_misses"]
    rate = hits / (hits + misses) if hits + misses else None
    is_thrashing = info["evicted_keys"] > 0 and rate is not None and rate < _low_hit_rate()
    return CacheServer(
        aliases=(alias,),
        is_up=True,
        address=address,
        version=info["redis_version"],
        uptime_s=info["uptime_in_seconds"],
        clients=info["connected_clients"],
        commands_a_second=info["instantaneous_ops_per_sec"],
        memory_bytes=info["used_memory"],
        max_memory_bytes=info.get("maxmemory", 0),
        eviction_policy=info.get("maxmemory_policy", ""),
        evicted_keys=info["evicted_keys"],
        expired_keys=info["expired_keys"],
        hits=hits,
        misses=misses,
        hit_rate=rate,
        keys=sum(space["keys"] for name, space in info.items() if re.fullmatch(r"db\d+", name)),
        slow_commands=slow,
        is_thrashing=is_thrashing,
        advice=_advice(info) if is_thrashing else "",
        note=note,
    )


def _low_hit_rate() -> float:
    threshold = budgets().thresholds.get("cache_hit_rate")
    return threshold.warning if threshold is not None and threshold.warning is not None else LOW_HIT_RATE


def _advice(info: Mapping[str, Any]) -> str:
    return (
        f"Redis evicted {info['evicted_keys']:,} keys for want of memory and finds few of those asked for: "
        "raise maxmemory, shorten time-outs, or store less under each key."
    )


def _slow_commands(client: Any) -> tuple[list[SlowCommand], str]:
    from redis import ResponseError  # noqa: PLC0415

    try:
        entries = client.slowlog_get(MOST_SLOW)
    except ResponseError:
        return [], "SLOWLOG may not be read: allow the application's Redis user `+slowlog|get`."
    return _by_command(entries), ""


def _by_command(entries: Iterable[Mapping[str, Any]]) -> list[SlowCommand]:
    """The slow log by command, the longest in sum first."""
    times: dict[str, list[float]] = defaultdict(list)
    for entry in entries:
        text = entry["command"]
        name = _COMMAND.match(text if isinstance(text, str) else text.decode(errors="replace"))
        times[name[0].upper() if name else "?"].append(entry["duration"] / 1_000)
    found = [SlowCommand(name, len(ms), sum(ms), max(ms)) for name, ms in times.items()]
    return sorted(found, key=lambda one: -one.total_ms)
