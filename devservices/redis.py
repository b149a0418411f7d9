"""A private Redis on a free port of 127.0.0.1, with a password."""

import secrets
import socket
from pathlib import Path

from . import binaries
from .processes import HOST
from .server import Server, secret_file, version_of


class Redis(Server):
    """Keeps nothing on disk: what is cached may be lost. `url` is good for Django, Celery and redis-cli."""

    name = "Redis"

    def __init__(self, folder: Path, port: int = 0) -> None:
        super().__init__(folder / "redis", port)
        self.program, self.source = binaries.redis_server()
        self.version = version_of(self.program, "v=")
        self._password = secrets.token_urlsafe(24)

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@{HOST}:{self.port}/0"

    def command(self) -> list[str]:
        settings = f"bind {HOST}\nport {self.port}\nrequirepass {self._password}\nsave ''\nappendonly no\n"
        return [str(self.program), str(secret_file(self.folder / "redis.conf", settings))]

    def ready(self) -> bool:
        """Whether it says PONG to one who knows the password."""
        try:
            with socket.create_connection((HOST, self.port), timeout=2) as connection:
                connection.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                with connection.makefile("rb") as answer:
                    return answer.readline() == b"+OK\r\n" and answer.readline() == b"+PONG\r\n"
        except OSError:
            return False
