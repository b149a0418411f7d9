"""A project of one app, to hold the gate to: run by its tests in processes of its own."""

import os
from pathlib import Path

import environ

HERE = Path(__file__).parent
env = environ.Env()

SECRET_KEY = "sample"
DEBUG = True
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = ["monitoring", "django.contrib.contenttypes", "django.contrib.auth", "shelf"]
MIDDLEWARE = ["monitoring.middleware.RecorderMiddleware"]
ROOT_URLCONF = "urls"
DATABASES = {"default": env.db("DATABASE_URL")}
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": env("REDIS_URL"),
        "KEY_PREFIX": "shelf",
    },
    "plain": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": env("REDIS_URL")},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TACHOGRAPH = {
    "BUDGETS": os.environ.get("SAMPLE_BUDGETS", HERE / "budgets.toml"),
    "SCENARIO_CLIENT": "shelf.scenarios.client_for",
}
# What a test breaks on purpose: words that the views look for, between commas.
FAULTS = set(os.environ.get("SAMPLE_FAULTS", "").split(","))
