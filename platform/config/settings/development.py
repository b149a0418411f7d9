"""A developer's machine: what `make run` and `manage.py` use unless told otherwise."""

import os

os.environ.setdefault("DB_CONN_MAX_AGE", "0")

from .base import *  # noqa: F403
from .base import INSTALLED_APPS, LOGGING, MIDDLEWARE, SECRET_KEY, env

DEBUG = env.bool("DEBUG", default=True)
SECRET_KEY = SECRET_KEY or "development only: production refuses to start without a SECRET_KEY of its own"
# A developer sees what an exception says; elsewhere it may quote what somebody typed.
LOGGING["formatters"]["json"]["exception_messages"] = DEBUG
# Static files straight from the packages: there is no collectstatic to run first.
WHITENOISE_USE_FINDERS = True

try:
    import debug_toolbar  # noqa: F401
except ImportError:
    pass  # installed with the developers' lock only
else:
    INTERNAL_IPS = ["127.0.0.1"]
    INSTALLED_APPS = [*INSTALLED_APPS, "debug_toolbar"]
    # After the recorder, which stands outermost.
    MIDDLEWARE = [MIDDLEWARE[0], "debug_toolbar.middleware.DebugToolbarMiddleware", *MIDDLEWARE[1:]]
