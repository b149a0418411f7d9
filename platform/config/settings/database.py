"""Three ways to connect to PostgreSQL, chosen by one setting: DB_POOLING."""

from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

POOLINGS = ("persistent", "native", "pgbouncer")
CONNECT_TIMEOUT_S = 10
# Under gunicorn's 30 s, so that a clean 503 comes before the worker is killed.
STATEMENT_TIMEOUT_MS = 20_000


def database(env: environ.Env) -> dict[str, Any]:
    """The `default` database from DATABASE_URL, DB_POOLING and DB_SSLMODE.

    Raises ImproperlyConfigured when DB_POOLING is none of POOLINGS.
    """
    pooling = env("DB_POOLING", default="persistent")
    if pooling not in POOLINGS:
        raise ImproperlyConfigured(f"DB_POOLING={pooling!r}: choose one of {', '.join(POOLINGS)}")
    config: dict[str, Any] = env.db(
        "DATABASE_URL", default="postgres://tachograph:tachograph@127.0.0.1:5432/tachograph"
    )
    options: dict[str, Any] = config.setdefault("OPTIONS", {})
    options["connect_timeout"] = CONNECT_TIMEOUT_S
    if "DB_SSLMODE" in env.ENVIRON:
        options["sslmode"] = env("DB_SSLMODE")
    if pooling == "pgbouncer":
        # Transaction pooling: no session state survives, and start-up options are refused.
        options["prepare_threshold"] = None
        return config | {"CONN_MAX_AGE": 0, "DISABLE_SERVER_SIDE_CURSORS": True}
    timeout = env.int("DB_STATEMENT_TIMEOUT_MS", default=STATEMENT_TIMEOUT_MS)
    options["options"] = f"-c statement_timeout={timeout}"
    if pooling == "native":
        options["pool"] = {"min_size": 5, "max_size": env.int("DB_POOL_MAX", default=20), "timeout": 10}
        return config | {"CONN_MAX_AGE": 0}
    age = env.int("DB_CONN_MAX_AGE", default=600)
    return config | {"CONN_MAX_AGE": age, "CONN_HEALTH_CHECKS": age > 0}
