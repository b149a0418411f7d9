"""What is watched once the project has imported it: Celery, 4 MB that others need not pay for."""

import sys
from importlib.util import find_spec
from typing import Any

from django.core.signals import request_finished


def install() -> None:
    """Watch Celery now, where the project imports it at its start, as Celery's guide has it; else later."""
    if not watch() and find_spec("celery") is not None:
        request_finished.connect(_on_first_request, dispatch_uid="tachograph", weak=False)


def watch() -> bool:
    """Watch Celery's tasks, if it is imported. Says whether it is."""
    if sys.modules.get("celery") is None:
        return False
    from . import tasks  # noqa: PLC0415

    tasks.install()
    return True


def _on_first_request(**_: Any) -> None:
    """By now the views are there, and what they import."""
    watch()
    request_finished.disconnect(dispatch_uid="tachograph")
