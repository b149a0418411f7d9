"""A small server that speaks Sentry's envelope protocol: takes envelopes in, and keeps them."""

import gzip
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def items(envelope: bytes) -> list[tuple[dict[str, Any], bytes]]:
    """Header and payload of each item: a line of JSON, then `length` bytes, or up to the line's end."""
    _, _, rest = envelope.partition(b"\n")
    found = []
    while rest.strip():
        line, _, rest = rest.partition(b"\n")
        header = json.loads(line)
        length = header.get("length", rest.find(b"\n") if b"\n" in rest else len(rest))
        found.append((header, rest[:length]))
        rest = rest[length:].removeprefix(b"\n")
    return found


class SentryServer:
    """`dsn` is for the client; `raw` holds each envelope as it came, unpacked."""

    def __init__(self) -> None:
        self.raw: list[bytes] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                assert self.path == "/api/42/envelope/", self.path
                assert "sentry_key=public" in self.headers["X-Sentry-Auth"]
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                outer.raw.append(body)
                answer = json.dumps({"id": "0" * 32}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *args: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.dsn = f"http://public@127.0.0.1:{self._server.server_port}/42"

    def __enter__(self) -> "SentryServer":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events of all envelopes, in the order in which they came."""
        return [
            json.loads(payload)
            for envelope in list(self.raw)
            for header, payload in items(envelope)
            if header["type"] == "event"
        ]
