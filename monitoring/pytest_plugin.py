"""The pytest plugin: a test holds an operation to its budget.

    @pytest.mark.budget("GET /api/cadets")              # to what budgets.toml says
    @pytest.mark.budget("GET /api/cadets", queries=3)   # or to less
    def test_the_list(client): ...

    def test_the_list(client, operation_recorder):
        client.get("/api/cadets")
        operation_recorder.assert_budget("GET /api/cadets", queries=3)

Installed with the distribution; elsewhere `-p monitoring.pytest_plugin` loads it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .testing import Recorded

MARKER = "budget(operation, queries=None, duplicates=None, nplusone=None): hold the operation to its budget"


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", MARKER)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Record a marked test and hold it to its budgets once it has passed by itself."""
    markers = list(item.iter_markers("budget"))
    if not markers:
        return (yield)
    from .testing import recorded  # noqa: PLC0415  (Django's settings are ready only now)

    with ExitStack() as stack:
        operations = stack.enter_context(recorded())
        outcome = yield
    broken = [message for marker in markers for message in operations.broken(*marker.args, **marker.kwargs)]
    if broken:
        pytest.fail("\n".join(broken), pytrace=False)
    return outcome


@pytest.fixture
def operation_recorder() -> Iterator[Recorded]:
    """The operations that finish during the test, as `monitoring.testing.Recorded`."""
    from .testing import recorded  # noqa: PLC0415  (Django's settings are ready only now)

    with recorded() as operations:
        yield operations
