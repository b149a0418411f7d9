"""What can be known before anything is installed or started. Standard library only: there is no .venv yet."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import ServiceError
from .processes import HOST, port_is_free

ROOT = Path(__file__).resolve().parents[1]
STATE = ROOT / ".run"
_FIRST_RUN_MB = 900
_LATER_RUN_MB = 100


def port(variable: str = "PORT", default: int = 8000) -> int:
    """The port that the environment names; ServiceError when that is no port or something listens there."""
    text = os.environ.get(variable) or str(default)
    if not (text.isdecimal() and 0 < int(text) < 65536):
        raise ServiceError(f"{variable}={text!r} is no port: choose a number from 1 to 65535.")
    if not port_is_free(int(text)):
        raise ServiceError(
            f"Port {text} of {HOST} is in use: stop what listens there, "
            f"or choose another: {variable}={_next(text)} make run"
        )
    return int(text)


def disk_space(folder: Path = ROOT) -> None:
    """ServiceError when the disk is too full to install (the first time) or to run."""
    needed = _LATER_RUN_MB if (folder / ".run" / "env").exists() else _FIRST_RUN_MB
    free = shutil.disk_usage(folder).free // 2**20
    if free < needed:
        raise ServiceError(
            f"The disk is full: {folder} has {free} MB left and {needed} MB are needed. "
            "Free some space, then try again."
        )


def _next(port: str) -> int:
    return int(port) + 1 if int(port) < 65535 else 8000


@contextmanager
def only_one(state: Path = STATE) -> Iterator[None]:
    """Hold this folder's lock, which the kernel frees when we die; ServiceError when another run holds it."""
    state.mkdir(exist_ok=True)
    with (state / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            pid = lock.read().strip()
            raise ServiceError(f"`make run` is at work in {ROOT}: stop process {pid} first.") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
