"""What all our servers share: a folder, a port of 127.0.0.1, a process, a way to tell that it answers."""

import os
import pwd
import shutil
import signal
import subprocess
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from .errors import ServiceError
from .processes import HOST, free_port, spawn, stop, wait_until


class Server:
    """Use it as a context manager, or call start() and stop(). Raises ServiceError.

    A subclass says its `name`, its `command()` and when it is `ready()`; `prepare()` comes before the start.
    """

    name: str
    stop_signal = signal.SIGTERM
    user: pwd.struct_passwd | None = None

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.folder = folder
        self.port = port or free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def pid(self) -> int:
        if self._process is None:
            raise ServiceError(f"{self.name} is not started: call start() first.")
        return self._process.pid

    def prepare(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)

    def command(self) -> list[str]:
        raise NotImplementedError

    def environment(self) -> Mapping[str, str]:
        return os.environ

    def ready(self) -> bool:
        raise NotImplementedError

    def start(self) -> Self:
        """Returns when the server answers."""
        self.prepare()
        self._process = spawn(
            self.command(),
            log=self.log,
            cwd=self.folder,
            user=self.user,
            env=self.environment(),
            stop_signal=self.stop_signal,
        )
        try:
            wait_until(self.ready, process=self._process, name=self.name, log=self.log)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Returns when the process is gone."""
        if self._process is not None:
            stop(self._process, self.stop_signal)
            self._process = None

    def discard(self) -> None:
        """Stop, and remove its folder with all that it holds: for one test or one session."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    __enter__ = start

    def __exit__(self, *_: object) -> None:
        self.stop()


def answers_http(url: str) -> bool:
    """Whether a GET of `url` is answered with success."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  (an address of ours, always http)
            return 200 <= answer.status < 300
    except OSError:
        return False


def secret_file(path: Path, text: str, user: pwd.struct_passwd | None = None) -> Path:
    """Write `text` where only we, or `user`, can read it: an argument would stand in everybody's `ps`."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(text)
    if user is not None:
        os.chown(path, user.pw_uid, user.pw_gid)
    return path


def version_of(program: Path, prefix: str = "") -> str:
    """What `program --version` prints: its first word of `prefix` and a digit, without the prefix."""
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    for word in (answer.stdout + answer.stderr).split():
        if word.startswith(prefix) and word.removeprefix(prefix)[:1].isdigit():
            return word.removeprefix(prefix)
    raise ServiceError(f"{program} does not run: {(answer.stderr or answer.stdout).strip()}")
