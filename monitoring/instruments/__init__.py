"""What watches Django: one module for each thing watched. Installed once, when the app is ready."""

from . import cache, commands, database, exceptions, late, prometheus


def install() -> None:
    """Install every instrument. Calling it again changes nothing."""
    database.install()
    cache.install()
    commands.install()
    exceptions.install()
    prometheus.install()
    late.install()
