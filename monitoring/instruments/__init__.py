"""What watches Django: one module for each thing watched. Installed once, when the app is ready."""

from . import cache, database


def install() -> None:
    """Install every instrument. Calling it again changes nothing."""
    database.install()
    cache.install()
