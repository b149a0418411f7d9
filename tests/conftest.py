"""What all tests share."""

import os

import pytest

# The processes that tests start keep nothing in the database, unless the test is about that.
os.environ["TACHOGRAPH_STORE"] = "0"


@pytest.fixture
def repository(pytestconfig: pytest.Config):
    """The project's root folder."""
    return pytestconfig.rootpath
