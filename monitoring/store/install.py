"""Puts the store to work: in each process from its first operation on, and until its end."""

from __future__ import annotations

import atexit
import os
import sys
from typing import Any

from .. import statements
from ..conf import conf
from ..hooks import on_finish
from ..record import Operation
from .ending import release_sigterm
from .service import Service

_service = Service()
# Those of the processes that this one was forked from: their connections are not ours to close.
_inherited: list[Service] = []
_installed = False


def _note(operation: Operation) -> None:
    _service.note(operation)


def stop(**_: Any) -> None:
    """Write what this process has, and end its store. Called at the process' end."""
    _service.stop()
    release_sigterm()


def _after_fork() -> None:
    global _service  # noqa: PLW0603
    _service.forget()
    _inherited.append(_service)
    _service = Service()


def install() -> None:
    """Take in what ends from now on, unless TACHOGRAPH["STORE"] is False. Once."""
    global _installed  # noqa: PLW0603
    if _installed or not conf().STORE:
        return
    _installed = True
    on_finish.connect(_note)
    statements.places_wanted = True
    atexit.register(stop)
    os.register_at_fork(after_in_child=_after_fork)
    if sys.modules.get("celery") is not None:  # a worker has imported it before Django's set-up
        _install_celery()


def _install_celery() -> None:
    """Celery's children end without atexit."""
    from celery import signals  # noqa: PLC0415

    for signal in (signals.worker_process_shutdown, signals.worker_shutdown):
        signal.connect(stop, dispatch_uid="tachograph-store", weak=False)
