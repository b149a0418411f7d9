"""A PostgreSQL and a Redis for one session of tests, benchmarks or checks: nothing of them is kept."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from .postgres import THROW_AWAY, Postgres
from .redis import Redis


@contextmanager
def throw_away_servers() -> Iterator[dict[str, str]]:
    """Starts those that DATABASE_URL and REDIS_URL do not name; yields these variables."""
    folder = Path(tempfile.mkdtemp(prefix="tachograph-session-"))
    folder.chmod(0o711)  # PostgreSQL may run as another user, whose folder lies inside
    urls: dict[str, str] = {}
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        if "DATABASE_URL" not in os.environ:
            postgres = Postgres(folder, THROW_AWAY)
            stack.callback(postgres.discard)
            urls["DATABASE_URL"] = postgres.start().url
        if "REDIS_URL" not in os.environ:
            urls["REDIS_URL"] = stack.enter_context(Redis(folder)).url
        yield urls
