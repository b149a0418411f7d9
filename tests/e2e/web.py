"""The sample service or the platform under a real web server, in a folder and with figures of its own."""

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from devservices.server import Server, answers_http
from tests.e2e.figures import Figures, scrape

ROOT = Path(__file__).resolve().parents[2]


class WebServer(Server):
    """A web server on a free port. `arguments` go to its command line, `env` beyond the test's own."""

    def __init__(self, folder: Path, env: Mapping[str, str], *arguments: str) -> None:
        super().__init__(folder)
        self.arguments = arguments
        self._env = env

    def environment(self) -> Mapping[str, str]:
        return {
            **os.environ,
            "TACHOGRAPH_DIR": str(self.cells),
            **self._env,
        }

    @property
    def cells(self) -> Path:
        """Where its processes keep their figures."""
        return self.folder / "cells"

    def ready(self) -> bool:
        return answers_http(f"{self.address}/healthz")

    def figures(self) -> Figures:
        return scrape(f"{self.address}/metrics")


class Gunicorn(WebServer):
    """With the project's own gunicorn.conf.py."""

    name = "gunicorn"
    stop_signal = signal.SIGINT  # at once: nobody is being served
    application = "tests.e2e.sample.wsgi"

    def command(self) -> list[str]:
        return [
            sys.executable, "-m", "gunicorn", "--config", str(ROOT / "gunicorn.conf.py"),
            "--chdir", str(ROOT), "--bind", f"127.0.0.1:{self.port}", *self.arguments, self.application,
        ]  # fmt: skip


class PlatformGunicorn(Gunicorn):
    application = "config.wsgi"


class PeopleGunicorn(Gunicorn):
    application = "tests.e2e.people.wsgi"


class Uvicorn(WebServer):
    name = "uvicorn"

    def command(self) -> list[str]:
        return [
            sys.executable, "-m", "uvicorn", "--host", "127.0.0.1", "--port", str(self.port),
            "--lifespan", "off", "--no-access-log", *self.arguments, "tests.e2e.sample.asgi:application",
        ]  # fmt: skip
