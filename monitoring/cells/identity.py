"""Whether a process id still means the process that it meant: ids are used again, and differ by container."""

from __future__ import annotations

from pathlib import Path


def started(pid: int) -> int | None:
    """When a process began, in the kernel's ticks since boot; None where there is no such process to see."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The name, in parentheses, may hold spaces and parentheses; the 22nd field is the 20th after it.
    return int(stat.rpartition(")")[2].split()[19])
