"""/api/metrics and /api/cache/stats: the figures as JSON."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from monitoring.budgets import Budgets, Rule, valid_budgets
from monitoring.errors import BudgetError
from monitoring.reports.caches import caches
from monitoring.reports.operations import classes, operations
from monitoring.reports.windows import window
from monitoring.servers import caches as cache_servers
from monitoring.servers import database
from monitoring.servers.database import DatabaseReport

from . import examples
from .answers import CacheMetrics, CacheStats, LimitSet, Metrics, Thresholds, ThresholdSet
from .queries import AliasQuery, OperationQuery, WindowQuery, asked, page_of
from .shapes import serializer_of, told
from .view import SystemView


class MetricsView(SystemView):
    """Classes and operations."""

    @extend_schema(
        operation_id="metrics",
        parameters=[OperationQuery],
        responses=serializer_of(Metrics),
        examples=[examples.METRICS],
        tags=["metrics"],
    )
    def get(self, request: Request) -> Response:
        """What each class and each operation cost in a window, against its budget and the window before."""
        wanted = asked(OperationQuery, request)
        frame, page, limit = window(wanted.pop("window")), wanted.pop("page"), wanted.pop("limit")
        found = operations(frame, **wanted)
        paging = page_of(page, limit, len(found))
        answer = Metrics(
            window=frame.name,
            start=frame.start,
            end=frame.end,
            classes=classes(frame, found),
            data=found[(page - 1) * limit :][:limit],
            **paging,
        )
        return Response(told(answer))


class DatabaseView(SystemView):
    """A database's server."""

    needs_store = False

    @extend_schema(
        operation_id="metrics_database",
        parameters=[AliasQuery],
        responses=serializer_of(DatabaseReport),
        examples=[examples.DATABASE],
        tags=["metrics"],
    )
    def get(self, request: Request) -> Response:
        """What a database says of itself: connections, locks, tables, indexes, its own top statements."""
        alias = asked(AliasQuery, request)["alias"]
        try:
            report = database.report(alias)
        except KeyError as error:
            raise NotFound(f"There is no database {alias!r}: see DATABASES in the settings.") from error
        return Response(told(report))


class CacheView(SystemView):
    """All about the caches."""

    @extend_schema(
        operation_id="metrics_cache",
        parameters=[WindowQuery],
        responses=serializer_of(CacheMetrics),
        examples=[examples.CACHE],
        tags=["metrics"],
    )
    def get(self, request: Request) -> Response:
        """The caches' calls by alias, command, key family and operation, over time, and their servers."""
        frame = window(asked(WindowQuery, request)["window"])
        found = caches(frame)
        answer = CacheMetrics(
            window=frame.name,
            start=frame.start,
            end=frame.end,
            aliases=found.aliases,
            commands=found.commands,
            families=found.families,
            operations=found.operations,
            points=found.points,
            servers=cache_servers.report(),
        )
        return Response(told(answer))


class CacheStatsView(SystemView):
    """The caches in short."""

    @extend_schema(
        operation_id="cache_stats",
        parameters=[WindowQuery],
        responses=serializer_of(CacheStats),
        examples=[examples.CACHE_STATS],
        tags=["metrics"],
    )
    def get(self, request: Request) -> Response:
        """Hit rates, what thrashes, and the servers' memory, keys, evictions and slow commands."""
        frame = window(asked(WindowQuery, request)["window"])
        found = caches(frame)
        answer = CacheStats(
            window=frame.name,
            start=frame.start,
            end=frame.end,
            aliases=found.aliases,
            families=found.families,
            operations=found.operations,
            thrashing=[one.name for one in found.families if one.misses > one.hits],
            servers=cache_servers.report(),
        )
        return Response(told(answer))


class ThresholdsView(SystemView):
    """What is promised."""

    needs_store = False

    @extend_schema(
        operation_id="metrics_thresholds",
        responses=serializer_of(Thresholds),
        examples=[examples.THRESHOLDS],
        tags=["metrics"],
    )
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """Every budget and every alert's threshold of budgets.toml."""
        try:
            found, faults = valid_budgets(), []
        except BudgetError as error:
            found, faults = Budgets(), str(error).splitlines()
        return Response(told(_thresholds(found, faults)))


def _thresholds(found: Budgets, faults: list[str]) -> Thresholds:
    return Thresholds(
        slow_query_ms=found.recording.slow_query_ms,
        nplusone_runs=int(found.recording.nplusone_runs),
        classes=[_limits(rule) for rule in found.classes.values()],
        operations=[_limits(rule) for rule in found.operations],
        overrides=[_limits(rule) for rule in found.overrides],
        thresholds=[
            ThresholdSet(one.name, one.direction, one.warning, one.critical, one.duration)
            for one in found.thresholds.values()
        ],
        pinned=dict(found.pinned),
        faults=faults,
    )


def _limits(rule: Rule) -> LimitSet:
    levels: dict[str, Any] = dict(rule.levels)
    expires = rule.expires.isoformat() if rule.expires else ""
    return LimitSet(rule.match, dict(rule.limits), levels, rule.reason, expires)
