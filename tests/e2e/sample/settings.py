"""Settings of the sample service. Its connections come from the environment, kept or (DB_POOL_MAX) pooled."""

from pathlib import Path

import environ

env = environ.Env()

SECRET_KEY = "test only"
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = ["monitoring", "rest_framework", "tests.e2e.sample"]
MIDDLEWARE = ["monitoring.middleware.RecorderMiddleware", "django.middleware.common.CommonMiddleware"]
ROOT_URLCONF = "tests.e2e.sample.urls"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "UNAUTHENTICATED_USER": None,
}
POOL_MAX = env.int("DB_POOL_MAX", default=0)
KEPT = {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
POOLED = {"CONN_MAX_AGE": 0, "OPTIONS": {"pool": {"min_size": 2, "max_size": POOL_MAX, "timeout": 20}}}
DATABASES = {"default": env.db("DATABASE_URL") | (POOLED if POOL_MAX else KEPT)}
CACHES = {
    "default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": env("REDIS_URL"), "KEY_PREFIX": "a"},
    "plain": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": env("REDIS_URL"),
        "KEY_PREFIX": "b",
    },
}
TACHOGRAPH = {
    "BUDGETS": Path(__file__).resolve().parents[3] / "budgets.toml",
    "STORE_INTERVAL": env.float("STORE_INTERVAL", default=5.0),
}
TIME_ZONE = "Asia/Manila"  # so that Django has a time zone to set up, round the wrapper
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "monitoring.logs.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
