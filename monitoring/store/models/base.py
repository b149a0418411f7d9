"""What all tables of the store share."""

from django.db import models


class Stored(models.Model):
    """A table of the store: made on PostgreSQL only. Elsewhere the recorder works without a store."""

    class Meta:
        abstract = True
        required_db_vendor = "postgresql"
