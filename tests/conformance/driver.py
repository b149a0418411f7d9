"""Drives the service: over WSGI and ASGI without a server, by forked workers, tasks and commands."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any


class Driver:
    """What the cases do. Every method returns when it is done."""

    def __init__(self) -> None:
        from django.core.handlers.asgi import ASGIHandler
        from django.core.handlers.wsgi import WSGIHandler
        from django.test import RequestFactory

        self._wsgi, self._asgi, self._environ = WSGIHandler(), ASGIHandler(), RequestFactory()._base_environ

    def get(self, path: str, method: str = "GET", queued: float = 0) -> None:
        """One request, which a proxy had for `queued` seconds."""
        path, _, query = path.partition("?")
        environ = self._environ(PATH_INFO=f"/{path}", QUERY_STRING=query, REQUEST_METHOD=method)
        if queued:
            environ["HTTP_X_REQUEST_START"] = f"t={time.time() - queued}"
        response = self._wsgi(environ, lambda status, headers, error=None: None)
        for _ in response:
            pass
        response.close()

    def aget(self, path: str) -> None:
        asyncio.run(self._converse(path, hang_up=False))

    def hang_up(self, path: str) -> None:
        """The client goes away while the view runs."""
        asyncio.run(self._converse(path, hang_up=True))

    async def _converse(self, path: str, *, hang_up: bool) -> None:
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "headers": [],
            "path": f"/{path}", "raw_path": b"", "query_string": b"", "root_path": "", "scheme": "http",
            "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1),
        }  # fmt: skip
        over, running = asyncio.Event(), asyncio.Event()
        scope["running"] = running
        asked = 0

        async def receive() -> dict[str, Any]:
            nonlocal asked
            asked += 1
            if asked == 1:
                return {"type": "http.request", "body": b"", "more_body": False}
            await (running if hang_up else over).wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.body" and not message.get("more_body"):
                over.set()

        with suppress(asyncio.CancelledError):
            await self._asgi(scope, receive, send)

    def task(self, name: str) -> None:
        from .service.tasks import app

        app.tasks[name].apply()

    def command(self, *arguments: str) -> None:
        from django.core.management import CommandError, call_command

        with suppress(CommandError):
            call_command("conform", *arguments)

    def nested_blocks(self) -> None:
        """A query in the outer one, one in the inner."""
        from monitoring import operation

        from .service.models import Shelf

        with operation("outer"):
            Shelf.objects.count()
            with operation("inner"):
                Shelf.objects.count()

    def workers(self, number: int, *, at_once: bool = False, kill: bool = False) -> None:
        """Forked processes that serve one request each, and end, by themselves or by SIGKILL."""

        def serve() -> None:
            self.get("items/1")
            if kill:
                os.kill(os.getpid(), signal.SIGKILL)

        running = []
        for _ in range(number):
            running.append(_fork(serve))
            if not at_once:
                os.waitpid(running.pop(), 0)
        for pid in running:
            os.waitpid(pid, 0)

    def with_a_fault(self, path: str) -> None:
        """One receiver of the recorder's hook breaks."""
        from monitoring.hooks import on_finish

        def broken(_: object) -> None:
            raise RuntimeError("planted")

        on_finish.connect(broken)
        try:
            self.get(path)
        finally:
            on_finish.disconnect(broken)


def _fork(work: Callable[[], None]) -> int:
    from django.db import connections

    connections.close_all()  # a child must not speak on its parent's
    if pid := os.fork():
        return pid
    try:
        work()
    finally:
        os._exit(0)
