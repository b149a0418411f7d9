"""Management commands: each run is an operation of kind `command`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.management.base import BaseCommand

from .. import switch
from ..operations import begin, finish, leave, stop_clock
from ..record import Operation, _current, current


def _status(error: BaseException) -> str:
    """`sys.exit(0)`, and `sys.exit()`, end well; any other exception does not."""
    return "ok" if isinstance(error, SystemExit) and error.code in (None, 0) else "error"


def _recorded(execute: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(execute)
    def recorded(self: BaseCommand, *args: Any, **options: Any) -> Any:
        if not switch.refresh():
            return execute(self, *args, **options)
        name = type(self).__module__.rpartition(".")[2]
        record = Operation(name, "command", getattr(self, "operation_class", "system"), current())
        begin(record)
        token = _current.set(record)
        status = "ok"
        try:
            return execute(self, *args, **options)
        except BaseException as error:
            status = _status(error)
            raise
        finally:
            leave(token, record.parent)
            stop_clock(record)
            finish(record, status)

    recorded.tachograph = True  # type: ignore[attr-defined]
    return recorded


def install() -> None:
    """Watch every management command."""
    if not hasattr(BaseCommand.execute, "tachograph"):
        BaseCommand.execute = _recorded(BaseCommand.execute)  # type: ignore[method-assign]
