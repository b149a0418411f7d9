"""Settings of a service about people. A query is slow from 5 ms on, so that 200,000 rows are enough."""

import os

from tests.e2e.sample.settings import *  # noqa: F403
from tests.e2e.sample.settings import TACHOGRAPH

INSTALLED_APPS = [
    "monitoring",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "tests.e2e.people",
]
ROOT_URLCONF = "tests.e2e.people.urls"
TACHOGRAPH = TACHOGRAPH | {
    "BUDGETS": os.environ["PEOPLE_BUDGETS"],
    "CACHE_FAMILIES": r"([a-z]+):",
    "SENTRY_DSN": os.environ.get("SENTRY_DSN", ""),
}
