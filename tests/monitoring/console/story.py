"""A small story in the store, whose every figure is known, and the people who look at it."""

import itertools
from contextlib import contextmanager
from datetime import timedelta

from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import User
from monitoring import catalog
from monitoring.statements import statement
from monitoring.store import models as store
from monitoring.store.models import Level

_number = itertools.count()
SQL = 'SELECT "thing"."id" FROM "thing" WHERE "thing"."name" = ? ORDER BY "thing"."id" LIMIT ?'
FINGERPRINT = "00000000000000aa"


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


def person(*permissions, **flags):
    """A user of the role staff with these permissions of Tachograph's. Others of the role's are its own."""
    user = User.objects.create_user(f"person{next(_number)}", role=flags.get("role", "staff"))
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="tachograph",
                                                        codename__in=permissions))  # fmt: skip
    return user


@contextmanager
def sent():
    """The statements sent meanwhile, plumbing apart: the console's own are in none of the figures."""
    found = []

    def note(execute, sql, *arguments):
        if statement(sql).kind != "plumbing":
            found.append(sql)
        return execute(sql, *arguments)

    with connection.execute_wrapper(note):
        yield found


def bounds(values):
    return store.Bounds.objects.get_or_create(bounds=",".join(map(str, values)))[0]


def histogram(values, runs):
    """{seconds: runs} as a list of runs by bound."""
    counts = [0] * (len(values) + 1)
    for seconds, number in runs.items():
        counts[next((at for at, bound in enumerate(values) if seconds <= bound), len(values))] += number
    return counts


class Story:
    """`operation` ran 10 times in each of the last five minutes: 9 at 50 ms, one at 400 ms; its query was an
    N+1 and slow once a minute."""

    def __init__(self):
        self.now = timezone.now().replace(second=0, microsecond=0)
        self.operation = store.OperationKey.objects.create(
            kind="request", name="GET /api/municipalities", operation_class="list"
        )
        self.place = store.Location.objects.create(
            module="things.views", function="thing_list", file="things/views.py", line=41
        )
        self.query = self.add_query(FINGERPRINT, SQL)

    def add_query(self, fingerprint, sql, minutes=5):
        query = store.Query.objects.create(
            fingerprint=fingerprint, sql=sql, kind="read", alias="default", tables=["thing"],
            first_seen=self.now - timedelta(days=2),
        )  # fmt: skip
        for minute in range(minutes):
            self._minute(self.now - timedelta(minutes=minute), query)
        store.QuerySample.objects.create(
            query=query, location=self.place, operation=self.operation, at=self.now, duration_s=0.35,
            rows=7, request_id="req-1",
        )  # fmt: skip
        return query

    def _minute(self, start, query):
        query_bounds = catalog.QUERY_BOUNDS
        store.QueryPeriod.objects.create(
            level=Level.MINUTE, start=start, query=query, location=self.place, operation=self.operation,
            nested=False, bounds=bounds(query_bounds), runs=20, duration_s=1.2, duration_max_s=0.35, rows=140,
            slow=1, duplicates=2, nplusone=1, nplusone_runs=8,
            histogram=histogram(query_bounds, {0.04: 19, 0.35: 1}),
        )  # fmt: skip
        values = catalog.operation_duration().bounds
        store.OperationPeriod.objects.get_or_create(
            level=Level.MINUTE, start=start, operation=self.operation, bounds=bounds(values),
            defaults={
                "runs": 10, "errors": 1, "duration_s": 0.85, "duration_max_s": 0.4, "database_s": 0.5,
                "cpu_s": 0.2, "cpu_runs": 10, "queries": 70, "slow_queries": 1, "duplicates": 2,
                "nplusone": 1, "cache_hits": 3, "cache_misses": 1, "broke_latency": 1, "broke_queries": 10,
                "broke_nplusone": 1, "histogram": histogram(values, {0.05: 9, 0.4: 1}),
            },
        )  # fmt: skip

    def trace(self):
        return store.TraceSample.objects.create(
            operation=self.operation, at=self.now, duration_s=0.4, status="200", breaches=["latency"],
            request_id="req-1", steps=[[0.01, 0.35, "query", "default", SQL], [0.37, 0.01, "cache", "default",
                                                                             "get miss"]],
        )  # fmt: skip

    def plan(self):
        return store.Plan.objects.create(
            query=self.query, at=self.now, total_cost=5_000.0,
            plan={"Plan": {"Node Type": "Limit", "Total Cost": 5_000.0, "Plan Rows": 10, "Plans": [
                {"Node Type": "Sort", "Total Cost": 5_000.0, "Plan Rows": 10, "Sort Key": ["thing.id"],
                 "Plans": [{"Node Type": "Seq Scan", "Relation Name": "thing", "Total Cost": 4_600.0,
                            "Plan Rows": 10, "Filter": "(name = $1)"}]}]}},
            findings=[{"kind": "sequential_scan", "table": "thing", "text": "Reads 200,000 rows of thing."}],
            advice=[{"statement": "CREATE INDEX CONCURRENTLY thing_name_idx ON thing (name);",
                     "table": "thing", "columns": ["name"], "reason": "finds the rows that the filter keeps",
                     "checked": "unchecked", "cost_before": 5000.0, "cost_after": None, "note": ""}],
        )  # fmt: skip
