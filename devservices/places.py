"""Who a server runs as, and where its files may lie.

PostgreSQL refuses to run as root, so root hands it to another user; that user must be able to reach every
folder above its files, which it cannot under /root. Then they lie under /var/lib/tachograph instead.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
from pathlib import Path

from .errors import ServiceError
from .processes import identity

_ROOTS_OWN = Path("/var/lib/tachograph")


def server_user() -> pwd.struct_passwd | None:
    """Whom root hands PostgreSQL to: `postgres` if there is one, else `nobody`. None: we run it ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ServiceError("PostgreSQL does not run as root: add a user for it with `useradd --system postgres`.")


def owned_folder(wanted: Path, user: pwd.struct_passwd | None) -> Path:
    """`wanted`, or a stand-in that `user` can reach: made, owned by `user`, closed to others."""
    folder = wanted
    folder.parent.mkdir(parents=True, exist_ok=True)
    if user is not None and not can_use(folder.parent, user):
        folder = stand_in(wanted)
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    folder.mkdir(exist_ok=True, mode=0o700)
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
    elif folder.stat().st_uid != os.geteuid():
        raise ServiceError(
            f"{folder} belongs to another user: work as that user, or remove it with its data."
        )
    return folder


def stand_in(wanted: Path) -> Path:
    """Where root puts what the server's user could not reach at `wanted`."""
    return _ROOTS_OWN / f"{wanted.name}-{hashlib.sha256(os.fsencode(wanted)).hexdigest()[:12]}"


def can_use(path: Path, user: pwd.struct_passwd) -> bool:
    """Whether `user` can run the program, or enter the folder, at `path`: the kernel is asked."""
    answer = subprocess.run(["test", "-x", str(path)], cwd="/", check=False, **identity(user))
    return answer.returncode == 0


def usable_wheel(programs: Path, target: Path, user: pwd.struct_passwd | None) -> Path:
    """The wheel's `programs` folder itself where `user` can run it, else the one in a copy that is theirs.

    The programs look for their libraries in a folder beside the package's, so that the two go together.
    """
    if user is None or can_use(programs / "postgres", user):
        return programs
    site = programs.parents[2]
    relative = programs.relative_to(site)
    if not (target / relative).exists():
        unfinished = target.with_name(target.name + ".part")
        shutil.rmtree(unfinished, ignore_errors=True)
        for tree in (relative.parent, Path(f"{relative.parts[0]}.libs")):
            shutil.copytree(site / tree, unfinished / tree, symlinks=True)
        _give(unfinished, user)
        unfinished.rename(target)
    return target / relative


def _give(tree: Path, user: pwd.struct_passwd) -> None:
    os.chown(tree, user.pw_uid, user.pw_gid)
    for path in tree.rglob("*"):
        os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)
