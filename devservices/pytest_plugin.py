"""The test session's servers: started before the settings are read, stopped at the end, also after Ctrl-C.

Loaded by `-p devservices.pytest_plugin` (pyproject.toml), because pytest-django reads DATABASES before any
conftest.py is imported. DATABASE_URL and REDIS_URL, where set, are used instead. Also the marker `needs`.
"""

import os
import signal
from collections.abc import Generator
from contextlib import ExitStack

import pytest

from . import apt, binaries
from .errors import ServiceError
from .session import throw_away_servers

_missing: dict[str, int] = {}


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    options = early_config.known_args_namespace
    if not (options.help or options.version):
        try:
            _start(early_config)
        except ServiceError as error:
            raise pytest.UsageError(str(error)) from error
    return (yield)


def _start(config: pytest.Config) -> None:
    stack = ExitStack()
    config.add_cleanup(stack.close)
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("ended by SIGTERM", 143))
    os.environ.update(stack.enter_context(throw_away_servers()))


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("needs"):
        if absent := [program for program in mark.args if binaries.find(program) is None]:
            _refuse(absent)


def _refuse(absent: list[str]) -> None:
    for program in absent:
        _missing[program] = _missing.get(program, 0) + 1
    reason = f"not on this machine: {', '.join(absent)}; {apt.how_to_install(absent)}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _missing:
        terminalreporter.section("PROGRAMS MISSING ON THIS MACHINE", red=True, bold=True)
        for program, tests in sorted(_missing.items()):
            terminalreporter.line(
                f"{program}: {tests} tests need it; {apt.how_to_install([program])}", red=True
            )
