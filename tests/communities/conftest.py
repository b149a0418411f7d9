"""The country of the tests."""

import pytest

from tests.communities.country import Country


@pytest.fixture
def country(db: None) -> Country:
    return Country()
