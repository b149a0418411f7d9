"""Servers for one session of tests, benchmarks or checks: nothing of them is kept."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from .postgres import Postgres
from .redis import Redis

# Such data need not survive a power cut.
_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


@contextmanager
def throw_away_folder(purpose: str) -> Iterator[Path]:
    """A folder that the user may enter as whom PostgreSQL runs; `purpose` is a part of its name."""
    folder = Path(tempfile.mkdtemp(prefix=f"tachograph-{purpose}-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def throw_away_postgres(folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[Postgres]:
    """A PostgreSQL that has started, and is removed with all that it holds."""
    server = Postgres(folder, _SETTINGS | dict(settings or {}))
    try:
        yield server.start()
    finally:
        server.discard()


@contextmanager
def throw_away_servers() -> Iterator[dict[str, str]]:
    """Starts those that DATABASE_URL and REDIS_URL do not name; yields these variables."""
    urls: dict[str, str] = {}
    with throw_away_folder("session") as folder, ExitStack() as stack:
        if "DATABASE_URL" not in os.environ:
            urls["DATABASE_URL"] = stack.enter_context(throw_away_postgres(folder)).url
        if "REDIS_URL" not in os.environ:
            urls["REDIS_URL"] = stack.enter_context(Redis(folder)).url
        yield urls
