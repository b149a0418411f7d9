"""Bare settings, over which the tool that CONFORMANCE_TOOL names lays its own."""

import os

import environ

from tests.conformance.tools import TOOLS

env = environ.Env()

SECRET_KEY = "test only"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "tests.conformance.service.urls"
INSTALLED_APPS = ["django.contrib.contenttypes", "rest_framework", "tests.conformance.service"]
MIDDLEWARE = ["tests.conformance.service.middleware.answering"]
# Persistent, so that what Django sends to set a connection up is in the cases that are about it alone.
DATABASES = {alias: env.db("DATABASE_URL") | {"CONN_MAX_AGE": None} for alias in ("default", "other")}
DATABASES["pooled"] = env.db("DATABASE_URL") | {"OPTIONS": {"pool": {"min_size": 1, "max_size": 2}}}
CACHES = {
    "default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": env("REDIS_URL"), "KEY_PREFIX": "c"},
    "broken": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": "redis://127.0.0.1:1/0",
        "OPTIONS": {"IGNORE_EXCEPTIONS": True},
    },
}
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "UNAUTHENTICATED_USER": None,
}
TIME_ZONE = "Asia/Manila"  # so that Django has a time zone to set up at each connection
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGGING_CONFIG = None
SILENCED_SYSTEM_CHECKS = ["tachograph.W001"]

TOOLS[os.environ["CONFORMANCE_TOOL"]].apply(globals())
