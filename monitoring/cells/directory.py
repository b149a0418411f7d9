"""Where the processes of one project meet, without a setting: a private folder in shared memory."""

from __future__ import annotations

import os
import stat
import tempfile
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path

from django.conf import settings

from ..conf import conf
from ..errors import ConfigurationError

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  (the folder below is made private, and checked to be)


def _project() -> str:
    """What tells this project from another of the same user: its settings, and where its URLs lie."""
    name = os.environ.get("DJANGO_SETTINGS_MODULE", "")
    try:
        # Found, not imported: importing it before the admin knows its models would leave them out.
        spec = find_spec(settings.ROOT_URLCONF)
    except (ImportError, ValueError, AttributeError):
        return name
    # An entry of sys.path may be relative, or hold `..`. Symbolic links stay as they are: where a deployment
    # is one, its old and its new processes are one project.
    where = settings.ROOT_URLCONF if spec is None else os.path.abspath(spec.origin or "")  # noqa: PTH100
    return f"{name}:{where}"


def directory() -> Path:
    """The folder of the slots, created when missing.

    Raises ConfigurationError when it cannot be made, or belongs to somebody else.
    """
    if chosen := conf().DIRECTORY:
        path = Path(chosen)
    else:
        parent = SHARED_MEMORY if os.access(SHARED_MEMORY, os.W_OK) else Path(tempfile.gettempdir())
        digest = blake2b(_project().encode(), digest_size=6).hexdigest()
        path = parent / f"tachograph-{os.geteuid()}-{digest}"
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.lstat()
    except OSError as error:
        raise ConfigurationError(
            f"The recorder's folder {path} cannot be made ({error.strerror}); name another in TACHOGRAPH_DIR."
        ) from error
    if not conf().DIRECTORY and (stat.S_ISLNK(found.st_mode) or found.st_uid != os.geteuid()):
        raise ConfigurationError(
            f"{path} belongs to another user; name a folder of your own in TACHOGRAPH_DIR."
        )
    return path
