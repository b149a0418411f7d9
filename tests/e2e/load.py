"""Requests to 127.0.0.1 from several threads, each with a connection that it keeps."""

import http.client
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit


def request(connection: http.client.HTTPConnection, path: str, method: str = "GET", **headers: str) -> int:
    """The status of one request whose body was read to its end."""
    connection.request(method, path, headers=headers)
    response = connection.getresponse()
    response.read()
    return response.status


def get_all(
    address: str, paths: list[str], threads: int = 8, headers: dict[str, str] | None = None
) -> Counter:
    """GET each path once; returns how often each status came."""
    parts = urlsplit(address)

    def some(mine: list[str]) -> list[int]:
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
        try:
            return [request(connection, path, **(headers or {})) for path in mine]
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        statuses = pool.map(some, [paths[start::threads] for start in range(threads)])
        return Counter(status for found in statuses for status in found)
