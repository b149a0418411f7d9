"""Requests to 127.0.0.1 over many connections at once, each answer counted."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field


@dataclass
class Tally:
    """What a client knows. `broken` requests were sent and never answered; each was sent again."""

    statuses: Counter[int] = field(default_factory=Counter)
    broken: int = 0
    last_body: bytes = b""

    @property
    def answered(self) -> int:
        return self.statuses.total()


class Connection:
    """One connection of a browser: kept as long as both sides like, opened again when it is gone."""

    def __init__(self, port: int, *, keep: bool = True) -> None:
        self._port = port
        self._keep = keep
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str) -> tuple[int, bytes]:
        """Status and body. ConnectionError or EOFError when the answer did not come."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        how = "keep-alive" if self._keep else "close"
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: {how}\r\n\r\n".encode())
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            body = await _body(reader, head)
        except (ConnectionError, EOFError):
            self.close()
            raise
        if "connection: close" in head:
            self.close()
        return int(head.split(maxsplit=2)[1]), body

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def _body(reader: asyncio.StreamReader, head: str) -> bytes:
    headers = dict(line.split(": ", 1) for line in head.splitlines()[1:] if line)
    if "content-length" in headers:
        return await reader.readexactly(int(headers["content-length"]))
    if headers.get("transfer-encoding") != "chunked":
        return await reader.read()
    body = b""
    while size := int(await reader.readline(), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readline()
    return body


async def send(port: int, paths: Iterable[str], *, clients: int = 8, tally: Tally | None = None) -> Tally:
    """GET each of `paths` until it is answered, over `clients` connections, of which a third is not kept."""
    tally, todo = tally or Tally(), iter(paths)
    async with asyncio.TaskGroup() as group:
        for number in range(clients):
            group.create_task(_client(Connection(port, keep=number % 3 != 0), todo, tally))
    return tally


async def _client(connection: Connection, todo: Iterator[str], tally: Tally) -> None:
    for path in todo:
        while True:
            try:
                status, tally.last_body = await connection.get(path)
            except (ConnectionError, EOFError):
                tally.broken += 1
                continue
            tally.statuses[status] += 1
            break
    connection.close()


def get_all(port: int, paths: Iterable[str], clients: int = 8) -> Tally:
    """`send`, for tests that do nothing meanwhile."""
    return asyncio.run(send(port, paths, clients=clients))
