"""requirements/apt.txt: the Debian packages that the tests need, each with the programs it brings."""

from collections.abc import Iterable
from pathlib import Path

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
