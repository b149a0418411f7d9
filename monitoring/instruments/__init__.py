"""What watches Django: one module for each thing watched. Installed once, when the app is ready."""

from importlib.util import find_spec

from . import cache, commands, database, exceptions, prometheus


def install() -> None:
    """Install every instrument. Calling it again changes nothing."""
    database.install()
    cache.install()
    commands.install()
    exceptions.install()
    prometheus.install()
    if find_spec("celery") is not None:
        from . import tasks  # noqa: PLC0415  (nothing is imported that the project has not installed)

        tasks.install()
