"""Another revision of the project, in a worktree and an environment of its own."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from monitoring.errors import BudgetError

MIGRATIONS = ":(glob)**/migrations/**"


def root_of(path: Path) -> Path:
    """The root of the repository that `path` lies in. Raises BudgetError outside of one."""
    return Path(_git(path.parent, "rev-parse", "--show-toplevel").strip())


def commit_of(root: Path, revision: str) -> str:
    """The commit that `revision` names. Raises BudgetError for one that does not exist."""
    return _git(root, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}").strip()


def differs(root: Path, commit: str, *paths: str) -> bool:
    """Whether the working tree's files at `paths` differ from the commit's."""
    command = ["git", "-C", str(root), "diff", "--quiet", commit, "--", *paths]
    return subprocess.run(command, check=False).returncode != 0  # noqa: S603  (git, with a commit's hash)


@contextmanager
def worktree(root: Path, commit: str) -> Iterator[Path]:
    """The commit's files in a folder of their own, for the time of the block."""
    with TemporaryDirectory(prefix="tachograph-base-") as parent:
        path = Path(parent).resolve() / root.name
        _git(root, "worktree", "add", "--detach", "--force", str(path), commit)
        try:
            yield path
        finally:
            _git(root, "worktree", "remove", "--force", str(path))


def python_for(path: Path, lock: str) -> str:
    """A Python with what the lock in the worktree names. Raises BudgetError when it cannot be had."""
    environment = path / ".tachograph-venv"
    python = environment / "bin" / "python"
    install = [
        str(python),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "-r",
        str(path / lock),
    ]
    for command in ([sys.executable, "-m", "venv", str(environment)], install):
        done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603  (our own words)
        if done.returncode:
            raise BudgetError(f"The environment of {lock} could not be made:\n{done.stderr.strip()}")
    return str(python)


def _git(where: Path, *arguments: str) -> str:
    command = ["git", "-C", str(where), *arguments]
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603  (git)
    except FileNotFoundError as error:
        raise BudgetError("git is not installed; comparing with another revision needs it") from error
    if done.returncode:
        raise BudgetError(f"git {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout
