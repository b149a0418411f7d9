"""Settings of a service about people. A query is slow from 5 ms on, so that 200,000 rows are enough."""

import os

from tests.e2e.sample.settings import *  # noqa: F403
from tests.e2e.sample.settings import MIDDLEWARE, TACHOGRAPH

INSTALLED_APPS = [
    "monitoring",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "silk",
    "tests.e2e.people",
]
MIDDLEWARE = [MIDDLEWARE[0], "monitoring.silk_session.SilkSessionMiddleware", *MIDDLEWARE[1:]]
ROOT_URLCONF = "tests.e2e.people.urls"
TACHOGRAPH = TACHOGRAPH | {
    "BUDGETS": os.environ["PEOPLE_BUDGETS"],
    "CACHE_FAMILIES": r"([a-z]+):",
    "SENTRY_DSN": os.environ.get("SENTRY_DSN", ""),
}
