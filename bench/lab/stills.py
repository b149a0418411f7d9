"""A database cursor and a cache that do nothing: what is left to time is what is done around them."""

from django.core.cache.backends.base import BaseCache


class StillCursor:
    rowcount = 1

    def execute(self, sql, params=None):
        return None


class StillCache(BaseCache):
    def __init__(self, location, params):
        super().__init__(params)

    def get(self, key, default=None, version=None):
        return 1
