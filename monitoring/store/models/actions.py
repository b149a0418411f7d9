"""What people and CI did."""

from django.db import models

from .base import Stored


class Deploy(Stored):
    """A new version went live: a mark on every chart."""

    at = models.DateTimeField(db_index=True)
    revision = models.CharField(max_length=64)
    note = models.TextField(blank=True)
    by = models.CharField(max_length=150)

    class Meta(Stored.Meta):
        db_table = "tachograph_deploy"


class Reset(Stored):
    """Figures of slow queries count from `at` on, unless it was undone."""

    at = models.DateTimeField(db_index=True)
    by = models.CharField(max_length=150)
    undone_at = models.DateTimeField(null=True)

    class Meta(Stored.Meta):
        db_table = "tachograph_reset"


class GateRun(Stored):
    """A run of the budget gate, as a CI job reports it. `report` is the gate's JSON."""

    class Outcome(models.TextChoices):
        """How it ended."""

        PASSED = "passed"
        BROKEN = "broken"
        INCONCLUSIVE = "inconclusive"

    at = models.DateTimeField(db_index=True)
    revision = models.CharField(max_length=64)
    base = models.CharField(max_length=64, blank=True)
    branch = models.CharField(max_length=255, blank=True)
    url = models.URLField(max_length=500, blank=True)
    outcome = models.CharField(max_length=16, choices=Outcome)
    operations = models.IntegerField()
    broken = models.IntegerField()
    report = models.JSONField()
    by = models.CharField(max_length=150)

    class Meta(Stored.Meta):
        db_table = "tachograph_gate_run"


class SilkSession(Stored):
    """django-silk records the next `requests` of one operation, then no more."""

    operation = models.TextField()
    requests = models.IntegerField()
    recorded = models.IntegerField(default=0)
    started_at = models.DateTimeField()
    by = models.CharField(max_length=150)
    stopped_at = models.DateTimeField(null=True)

    class Meta(Stored.Meta):
        db_table = "tachograph_silk_session"


class AuditEntry(Stored):
    """Who did what, and whether it was allowed."""

    at = models.DateTimeField(db_index=True)
    user = models.CharField(max_length=150)
    action = models.CharField(max_length=64)
    target = models.TextField(blank=True)
    detail = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta(Stored.Meta):
        db_table = "tachograph_audit_entry"
        default_permissions = ()
        permissions = [
            ("view_console", "Can see the console"),
            ("explain_query", "Can have a query explained"),
            ("acknowledge_query", "Can acknowledge a query"),
            ("mute_query", "Can mute a query"),
            ("reset_figures", "Can reset figures, and undo that"),
            ("record_deploy", "Can record a deploy"),
            ("pause_recording", "Can pause and resume recording"),
            ("run_silk", "Can start and stop a silk session"),
        ]
