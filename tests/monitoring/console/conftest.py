"""What the console's tests share."""

import pytest

from accounts.models import User
from tests.monitoring.console.story import Story, client_of


@pytest.fixture
def boss(db):
    return client_of(User.objects.create_superuser("boss", password="boss"))


@pytest.fixture
def story(db):
    return Story()
