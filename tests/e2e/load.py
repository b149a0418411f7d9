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


@dataclass(frozen=True)
class Request:
    """What is asked. `body` is JSON."""

    path: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""

    def encode(self, *, keep: bool) -> bytes:
        headers = {
            "Host": "127.0.0.1",
            "Connection": "keep-alive" if keep else "close",
            "Content-Type": "application/json",
            "Content-Length": str(len(self.body.encode())),
            **dict(self.headers),
        }
        lines = [
            f"{self.method} {self.path} HTTP/1.1",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        return "\r\n".join([*lines, "", self.body]).encode()


class Connection:
    """One connection of a browser: kept as long as both sides like, opened again when it is gone."""

    def __init__(self, port: int, *, keep: bool = True) -> None:
        self._port = port
        self._keep = keep
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: Request | str) -> tuple[int, bytes]:
        """Status and body. ConnectionError or EOFError when the answer did not come."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        request = Request(request) if isinstance(request, str) else request
        writer.write(request.encode(keep=self._keep))
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


async def send(
    port: int, requests: Iterable[Request | str], *, clients: int = 8, tally: Tally | None = None
) -> Tally:
    """Ask each (a path: its GET) until it is answered, over `clients` connections, a third not kept."""
    tally, todo = tally or Tally(), iter(requests)
    async with asyncio.TaskGroup() as group:
        for number in range(clients):
            group.create_task(_client(Connection(port, keep=number % 3 != 0), todo, tally))
    return tally


async def _client(connection: Connection, todo: Iterator[Request | str], tally: Tally) -> None:
    for request in todo:
        while True:
            try:
                status, tally.last_body = await connection.ask(request)
            except (ConnectionError, EOFError):
                tally.broken += 1
                continue
            tally.statuses[status] += 1
            break
    connection.close()


def send_all(port: int, requests: Iterable[Request | str], clients: int = 8) -> Tally:
    """`send`, for tests that do nothing meanwhile."""
    return asyncio.run(send(port, requests, clients=clients))
