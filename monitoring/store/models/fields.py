"""The one column that Django has a type for only with psycopg installed."""

from __future__ import annotations

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class Counts(models.Field):  # type: ignore[type-arg]
    """Whole numbers in an order that matters: a list here, `bigint[]` in PostgreSQL.

    As django.contrib.postgres' ArrayField, which cannot be imported in a project without psycopg. An element
    is read in a tenth of the time that one of a JSON array takes.
    """

    def db_type(self, connection: BaseDatabaseWrapper) -> str:  # noqa: ARG002  (Field's own)
        """PostgreSQL's type: no other database has these tables."""
        return "bigint[]"
