"""What the figures belong to: operations, queries, lines of code, bounds of histograms."""

from django.db import models
from django.db.models.functions import Now

from .base import Stored


class OperationKey(Stored):
    """The three labels of an operation. Over MAX_OPERATIONS of a kind the rest are `_other`."""

    kind = models.CharField(max_length=16)
    name = models.TextField()
    operation_class = models.CharField(max_length=64)

    class Meta(Stored.Meta):
        db_table = "tachograph_operation"
        constraints = [
            models.UniqueConstraint("kind", "name", "operation_class", name="tachograph_operation_known")
        ]

    def __str__(self) -> str:
        return self.name


class Query(Stored):
    """A normalised statement, by its fingerprint: 16 hex digits. `tables` are those that it names."""

    fingerprint = models.CharField(max_length=16, primary_key=True)
    sql = models.TextField()
    kind = models.CharField(max_length=8)
    alias = models.CharField(max_length=64)
    tables = models.JSONField(default=list)
    first_seen = models.DateTimeField()
    muted_at = models.DateTimeField(null=True)
    muted_by = models.CharField(max_length=150, blank=True)

    class Meta(Stored.Meta):
        db_table = "tachograph_query"

    def __str__(self) -> str:
        return self.fingerprint


class Location(Stored):
    """A place in the application: module and function. File and line are those it was last seen at."""

    module = models.TextField()
    function = models.TextField()
    file = models.TextField()
    line = models.IntegerField()

    class Meta(Stored.Meta):
        db_table = "tachograph_location"
        constraints = [models.UniqueConstraint("module", "function", name="tachograph_location_known")]

    def __str__(self) -> str:
        return f"{self.file}:{self.line} in {self.function}"


class Bounds(Stored):
    """The upper bounds of a histogram: seconds, ascending, joined by commas, +Inf left out.

    Those of operations change with budgets.toml.
    """

    bounds = models.CharField(max_length=1000, unique=True)

    class Meta(Stored.Meta):
        db_table = "tachograph_bounds"


class Batch(Stored):
    """What is written already: a batch whose commit was not heard of is sent again, and counted once."""

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta(Stored.Meta):
        db_table = "tachograph_batch"
