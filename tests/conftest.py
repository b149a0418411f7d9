"""What all tests share."""

import pytest


@pytest.fixture
def repository(pytestconfig: pytest.Config):
    """The project's root folder."""
    return pytestconfig.rootpath
