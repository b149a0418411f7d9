"""Sums by period. A period is a minute, an hour or a day that begins at `start`; all but `level` add up."""

from django.db import models

from .base import Stored
from .fields import Counts
from .names import Bounds, Location, OperationKey, Query


class Level(models.IntegerChoices):
    """How long a period is."""

    MINUTE = 1
    HOUR = 2
    DAY = 3


class Period(Stored):
    """What every table of figures has."""

    level = models.SmallIntegerField(choices=Level)
    start = models.DateTimeField()

    class Meta(Stored.Meta):
        abstract = True


class OperationPeriod(Period):
    """What one operation did: sums, the longest run, and a histogram (a list of runs by bound, +Inf last).

    `cpu_runs` are those whose CPU time is known. `broke_*`: runs that broke that promise of their budget.
    """

    operation = models.ForeignKey(OperationKey, models.CASCADE)
    bounds = models.ForeignKey(Bounds, models.PROTECT)
    runs = models.BigIntegerField(default=0)
    errors = models.BigIntegerField(default=0)
    duration_s = models.FloatField(default=0)
    duration_max_s = models.FloatField(default=0)
    database_s = models.FloatField(default=0)
    cpu_s = models.FloatField(default=0)
    cpu_runs = models.BigIntegerField(default=0)
    queries = models.BigIntegerField(default=0)
    slow_queries = models.BigIntegerField(default=0)
    duplicates = models.BigIntegerField(default=0)
    nplusone = models.BigIntegerField(default=0)
    cache_hits = models.BigIntegerField(default=0)
    cache_misses = models.BigIntegerField(default=0)
    broke_latency = models.BigIntegerField(default=0)
    broke_errors = models.BigIntegerField(default=0)
    broke_queries = models.BigIntegerField(default=0)
    broke_duplicates = models.BigIntegerField(default=0)
    broke_nplusone = models.BigIntegerField(default=0)
    broke_slow_queries = models.BigIntegerField(default=0)
    broke_cache = models.BigIntegerField(default=0)
    histogram = Counts()

    class Meta(Stored.Meta):
        db_table = "tachograph_operation_period"
        constraints = [
            models.UniqueConstraint(
                "level", "start", "operation", "bounds", name="tachograph_operation_period_once"
            )
        ]
        indexes = [models.Index("operation", "level", "start", name="tachograph_by_operation")]


class QueryPeriod(Period):
    """What one statement from one place did in one operation. `runs` of an N+1 are `nplusone_runs`.

    `nested`: the operation ran inside another, whose row counts the same runs again: a sum over
    operations leaves those rows out.
    """

    query = models.ForeignKey(Query, models.CASCADE)
    location = models.ForeignKey(Location, models.CASCADE)
    operation = models.ForeignKey(OperationKey, models.CASCADE)
    nested = models.BooleanField()
    bounds = models.ForeignKey(Bounds, models.PROTECT)
    runs = models.BigIntegerField(default=0)
    duration_s = models.FloatField(default=0)
    duration_max_s = models.FloatField(default=0)
    rows = models.BigIntegerField(default=0)
    slow = models.BigIntegerField(default=0)
    duplicates = models.BigIntegerField(default=0)
    nplusone = models.BigIntegerField(default=0)
    nplusone_runs = models.BigIntegerField(default=0)
    histogram = Counts()

    class Meta(Stored.Meta):
        db_table = "tachograph_query_period"
        constraints = [
            models.UniqueConstraint(
                "level", "start", "query", "location", "operation", "nested", "bounds",
                name="tachograph_query_period_once",
            )
        ]  # fmt: skip
        indexes = [
            models.Index("query", "level", "start", name="tachograph_by_query"),
            models.Index("operation", "level", "start", name="tachograph_queries_by_op"),
        ]


class CachePeriod(Period):
    """Cache calls: by command (`family` is empty), or look-ups by key family (`command` is empty)."""

    alias = models.CharField(max_length=64)
    command = models.CharField(max_length=32, blank=True)
    family = models.TextField(blank=True)
    result = models.CharField(max_length=8)
    calls = models.BigIntegerField(default=0)

    class Meta(Stored.Meta):
        db_table = "tachograph_cache_period"
        constraints = [
            models.UniqueConstraint(
                "level", "start", "alias", "command", "family", "result", name="tachograph_cache_period_once"
            )
        ]
