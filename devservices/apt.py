"""requirements/apt.txt: the Debian packages that the tests need, each with the programs it brings."""

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from . import binaries

LIST = Path(__file__).resolve().parents[1] / "requirements" / "apt.txt"


def packages() -> dict[str, list[str]]:
    """Package name -> programs, from lines such as `prometheus  # prometheus promtool`."""
    found: dict[str, list[str]] = {}
    for line in LIST.read_text().splitlines():
        package, _, programs = line.partition("#")
        if package.strip():
            found[package.strip()] = programs.split()
    return found


def how_to_install(programs: Iterable[str]) -> str:
    """A command that brings `programs`, as the end of a sentence."""
    by_program = {program: package for package, brought in packages().items() for program in brought}
    wanted = sorted({by_program.get(program, program) for program in programs})
    return f"apt-get install {' '.join(wanted)}"


def missing() -> list[str]:
    """The packages of which a program is not on this machine."""
    return [name for name, programs in packages().items() if any(binaries.find(p) is None for p in programs)]


def install(names: list[str]) -> bool:
    """Whether apt-get could install them: only root may."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    commands = (["update"], ["install", "--yes", "--no-install-recommends", *names])
    return all(
        subprocess.run(["apt-get", "--quiet", *command], env=env, check=False).returncode == 0
        for command in commands
    )


def main() -> None:
    """`make test` installs what it may, and says what is missing."""
    if not (wanted := missing()):
        return
    print(f"Installing Debian's packages for the tests: {' '.join(wanted)}", flush=True)
    if not install(wanted):
        command = f"apt-get install {' '.join(wanted)}"
        print(f"Not installed, so the tests that need them will be skipped; as root: {command}", flush=True)


if __name__ == "__main__":
    main()
