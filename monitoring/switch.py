"""The kill switch. `on` is read by every instrument before it does anything.

Paused in one process, it is paused in all of the project's: each looks at the shared flag when an operation
begins.
"""

from __future__ import annotations

from .cells.flag import SharedFlag

# Whether the instruments are installed; and whether they record.
installed = False
on = True

_paused = SharedFlag("control")


def refresh() -> bool:
    """Look at the shared flag; called when an operation begins."""
    global on  # noqa: PLW0603
    on = installed and not _paused.is_up()
    return on


def pause() -> None:
    """Stop recording in all processes of the project. What runs meanwhile is not counted."""
    _paused.put(up=True)
    refresh()


def resume() -> None:
    """Record again, in all processes."""
    _paused.put(up=False)
    refresh()
