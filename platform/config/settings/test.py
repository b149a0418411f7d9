"""The test session: real PostgreSQL and Redis, a fault inside the recorder raised rather than counted."""

from .base import *  # noqa: F403
from .base import TACHOGRAPH

SECRET_KEY = "test only, long enough for a HMAC of 256 bits"  # noqa: S105
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
TACHOGRAPH = TACHOGRAPH | {"RAISE_FAULTS": True, "STORE": False}
