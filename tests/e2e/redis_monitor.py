"""Redis' own MONITOR: every command it was sent, in its order."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import redis


class Monitor:
    """What one Redis was asked by others. Use it as a context manager."""

    def __init__(self, url: str) -> None:
        self.client = redis.Redis.from_url(url)
        self._monitor = self.client.monitor()

    def __enter__(self) -> "Monitor":
        self._monitor.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._monitor.__exit__(*error)
        self.client.close()

    @contextmanager
    def window(self) -> Iterator[list[list[str]]]:
        """The commands that arrived while the block ran, each as its words; filled in at its end."""
        found: list[list[str]] = []
        self._read()
        yield found
        found += self._read()

    def _read(self) -> list[list[str]]:
        token = uuid.uuid4().hex
        self.client.echo(token)
        found = []
        for entry in self._monitor.listen():
            if token in entry["command"]:
                return found
            # What a script of Lua sends is told of too, as part of the script that was counted.
            if entry["client_type"] != "lua":
                found.append(entry["command"].split(" "))
        raise AssertionError("Redis ended the MONITOR")
