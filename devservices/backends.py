"""The database and the cache of `make run`: those that the environment names, else private ones."""

import os
import socket
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple, TypeVar
from urllib.parse import urlsplit

import psycopg

from .errors import ServiceError
from .postgres import Postgres
from .preflight import STATE
from .redis import Redis

AnyServer = TypeVar("AnyServer", Postgres, Redis)
_WHENCE = {"machine": "this machine's own", "wheel": "embedded"}


class Database(NamedTuple):
    url: str
    folder: Path | None  # of a private cluster


def database(stack: ExitStack) -> Database:
    """That of DATABASE_URL, tried out, or a private PostgreSQL that `stack` will stop."""
    if url := os.environ.get("DATABASE_URL"):
        try:
            psycopg.connect(url, connect_timeout=10).close()
        except psycopg.Error as error:
            reason = str(error).strip().splitlines()[0]
            raise ServiceError(f"DATABASE_URL names a database that does not answer: {reason}") from error
        print("  PostgreSQL: that of DATABASE_URL", flush=True)
        return Database(url, None)
    server = _started(stack, Postgres(STATE))
    return Database(server.url, server.folder)


def redis(stack: ExitStack) -> str:
    """REDIS_URL, tried out, or that of a private Redis that `stack` will stop."""
    if url := os.environ.get("REDIS_URL"):
        parts = urlsplit(url)
        try:
            socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 6379), timeout=10).close()
        except (OSError, ValueError) as error:
            raise ServiceError(f"REDIS_URL names a Redis that does not answer: {error}") from error
        print("  Redis: that of REDIS_URL", flush=True)
        return url
    return _started(stack, Redis(STATE)).url


def _started(stack: ExitStack, server: AnyServer) -> AnyServer:
    print(f"  {server.name} {server.version} ({_WHENCE[server.source]}) ...", end="", flush=True)
    stack.enter_context(server)
    print(f" port {server.port}", flush=True)
    return server
