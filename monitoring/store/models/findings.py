"""Single runs that are worth looking at, plans, and what somebody said about them."""

from django.db import models

from .base import Stored
from .names import Location, OperationKey, Query


class QuerySample(Stored):
    """One slow run of a query. `rows` is -1 where the driver does not say."""

    query = models.ForeignKey(Query, models.CASCADE)
    location = models.ForeignKey(Location, models.CASCADE)
    operation = models.ForeignKey(OperationKey, models.CASCADE)
    at = models.DateTimeField(db_index=True)
    duration_s = models.FloatField()
    rows = models.BigIntegerField()
    request_id = models.CharField(max_length=64, blank=True)
    trace_id = models.CharField(max_length=32, blank=True)

    class Meta(Stored.Meta):
        db_table = "tachograph_query_sample"
        indexes = [models.Index("query", "at", name="tachograph_samples_by_query")]


class TraceSample(Stored):
    """One run of an operation, step by step: [start_s, duration_s, kind, where, what], by their beginning."""

    operation = models.ForeignKey(OperationKey, models.CASCADE)
    at = models.DateTimeField(db_index=True)
    duration_s = models.FloatField()
    status = models.CharField(max_length=16)
    breaches = models.JSONField(default=list)
    request_id = models.CharField(max_length=64, blank=True)
    trace_id = models.CharField(max_length=32, blank=True)
    steps = models.JSONField(default=list)
    cut = models.IntegerField(default=0)

    class Meta(Stored.Meta):
        db_table = "tachograph_trace_sample"
        indexes = [models.Index("operation", "at", name="tachograph_traces_by_op")]


class Plan(Stored):
    """What PostgreSQL would do with a query: EXPLAIN's JSON, what is wrong with it, and what would help.

    `error` says why there is no plan. `findings` and `advice` are as `monitoring.plans` gives them.
    """

    query = models.ForeignKey(Query, models.CASCADE)
    at = models.DateTimeField()
    plan = models.JSONField(null=True)
    error = models.TextField(blank=True)
    total_cost = models.FloatField(null=True)
    findings = models.JSONField(default=list)
    advice = models.JSONField(default=list)

    class Meta(Stored.Meta):
        db_table = "tachograph_plan"
        indexes = [models.Index("query", "at", name="tachograph_plans_by_query")]


class Acknowledgement(Stored):
    """Somebody knows of this query from this place. It holds until it is slow again after a quiet hour."""

    query = models.ForeignKey(Query, models.CASCADE)
    location = models.ForeignKey(Location, models.CASCADE)
    at = models.DateTimeField()
    by = models.CharField(max_length=150)
    note = models.TextField(blank=True)
    reopened_at = models.DateTimeField(null=True)

    class Meta(Stored.Meta):
        db_table = "tachograph_acknowledgement"
        constraints = [
            models.UniqueConstraint("query", "location", name="tachograph_acknowledged_once"),
        ]
