"""What is watched once the project imports it: Celery, 4 MB that others need not pay for."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Final

# Whoever defines, sends or runs a task has imported it.
TASK_MODULE: Final = "celery.app.task"


def install() -> None:
    """Watch Celery's tasks: now, where Celery is imported, else as soon as it is."""
    if sys.modules.get(TASK_MODULE) is not None:
        _watch()
    elif not any(isinstance(finder, _Watching) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Watching())


def _watch() -> None:
    from . import tasks  # noqa: PLC0415

    tasks.install()


class _Watching(MetaPathFinder):
    """Finds one module, once, and as everybody else would; but hears of it when it is loaded."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """The spec of `celery.app.task`; None for any other."""
        if fullname != TASK_MODULE:
            return None
        sys.meta_path.remove(self)
        spec = find_spec(fullname)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                execute(module)
                _watch()

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec
