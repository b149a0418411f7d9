"""A private Redis on a free port of 127.0.0.1, with a password."""

import secrets
import socket
import subprocess
from pathlib import Path
from typing import Self

from . import binaries
from .errors import ServiceError
from .processes import HOST, free_port, spawn, stop, wait_until


class Redis:
    """A server in `folder` that keeps nothing on disk: what is cached may be lost. Raises ServiceError."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.program, self.source = binaries.redis_server()
        self.version = _version(self.program)
        self.port = port or free_port()
        self.folder = folder / "redis"
        self.log = self.folder / "log"
        self._process: subprocess.Popen[bytes] | None = None
        self._password = secrets.token_urlsafe(24)

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@{HOST}:{self.port}/0"

    @property
    def pid(self) -> int:
        if self._process is None:
            raise ServiceError("Redis is not started: call start() first.")
        return self._process.pid

    def start(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._process = spawn([str(self.program), str(self._config())], log=self.log, cwd=self.folder)
        try:
            wait_until(self.answers, process=self._process, name="Redis", log=self.log)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        if self._process is not None:
            stop(self._process)
            self._process = None

    __enter__ = start

    def __exit__(self, *_: object) -> None:
        self.stop()

    def answers(self) -> bool:
        """Whether it says PONG to one who knows the password."""
        try:
            with socket.create_connection((HOST, self.port), timeout=2) as connection:
                connection.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                with connection.makefile("rb") as answer:
                    return answer.readline() == b"+OK\r\n" and answer.readline() == b"+PONG\r\n"
        except OSError:
            return False

    def _config(self) -> Path:
        """In a file of ours alone: an argument's password would stand in everybody's `ps`."""
        path = self.folder / "redis.conf"
        path.touch(mode=0o600)
        settings = {
            "bind": HOST,
            "port": self.port,
            "requirepass": self._password,
            "save": '""',
            "appendonly": "no",
        }
        path.write_text("".join(f"{key} {value}\n" for key, value in settings.items()))
        return path


def _version(program: Path) -> str:
    """The number in "Redis server v=7.0.15 sha=..."."""
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    for word in answer.stdout.split():
        if word.startswith("v="):
            return word.removeprefix("v=")
    raise ServiceError(f"{program} does not run: {answer.stderr.strip() or answer.stdout.strip()}")
