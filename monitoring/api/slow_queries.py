"""/api/system/slow-queries: the worst statements, one of them, and counting from now."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from monitoring import actions
from monitoring.actions.figures import UNDO
from monitoring.budgets import budgets
from monitoring.reports import marks, nplusone
from monitoring.reports.listing import Asked, listed
from monitoring.reports.queries import query
from monitoring.reports.windows import window
from monitoring.store.models import Reset

from . import examples
from .answers import ResetMade, SlowQueries, SlowQuery
from .queries import SlowQueryQuery, WindowQuery, asked, page_of
from .shapes import serializer_of, told
from .view import SystemView


class UndoSerializer(serializers.Serializer[Any]):
    """Which reset; without a number the last one that stands."""

    reset = serializers.IntegerField(min_value=1, max_value=2**62, required=False)


class SlowQueriesView(SystemView):
    """The list."""

    @extend_schema(
        operation_id="system_slow_queries",
        parameters=[SlowQueryQuery],
        responses=serializer_of(SlowQueries),
        examples=[examples.SLOW_QUERIES],
        tags=["system"],
    )
    def get(self, request: Request) -> Response:
        """The statements of a window that cost most: how often and how long they ran, from which operations
        and lines of code, what is an N+1, and what would help.

        Without `min_ms` those that were slow at least once.
        """
        wanted = asked(SlowQueryQuery, request)
        frame, threshold = window(wanted.pop("window")), float(budgets().recording.slow_query_ms)
        wanted.setdefault("min_ms", threshold)
        since = marks.reset_at()
        found = listed(frame, Asked(**wanted), since)
        paging = page_of(found.page, found.limit, found.total)
        answer = SlowQueries(
            window=frame.name,
            start=frame.start,
            end=frame.end,
            counted_from=since,
            threshold_ms=threshold,
            totals=found.totals,
            data=found.rows,
            nplusone=nplusone.found(frame, since),
            **paging,
        )
        return Response(told(answer))


class SlowQueryView(SystemView):
    """One of them."""

    @extend_schema(
        operation_id="system_slow_query",
        parameters=[WindowQuery],
        responses=serializer_of(SlowQuery),
        examples=[examples.SLOW_QUERY],
        tags=["system"],
    )
    def get(self, request: Request, fingerprint: str) -> Response:
        """One statement: its history, where it comes from, its slow runs, its last plan and index advice."""
        frame = window(asked(WindowQuery, request)["window"])
        found = query(fingerprint, frame)
        answer = SlowQuery(
            window=frame.name,
            start=frame.start,
            end=frame.end,
            query=found.figures,
            tables=list(found.figures.tables),
            history=found.points,
            origins=found.origins,
            samples=found.samples,
            plan=found.plan,
            index_advice=found.plan.advice if found.plan else [],
            deploys=found.deploys,
            muted_at=found.muted_at,
            muted_by=found.muted_by,
        )
        return Response(told(answer))


class ResetView(SystemView):
    """Counting from now."""

    @extend_schema(
        operation_id="system_slow_queries_reset",
        request=None,
        responses={201: serializer_of(ResetMade)},
        examples=[examples.RESET],
        tags=["system"],
    )
    def post(self, request: Request) -> Response:  # noqa: ARG002
        """Count the figures of queries from now. Nothing is deleted; it can be undone for an hour."""
        return Response(told(_made(actions.reset(**self.actor))), status=201)


class UndoView(SystemView):
    """Counting from where it was."""

    @extend_schema(
        operation_id="system_slow_queries_reset_undo",
        request=UndoSerializer,
        responses=serializer_of(ResetMade),
        examples=[examples.UNDONE],
        tags=["system"],
    )
    def post(self, request: Request) -> Response:
        """Take a reset back, the last one or that of a number: within an hour of it."""
        body = UndoSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(told(_made(actions.undo_reset(**self.actor, **body.validated_data))))


def _made(reset: Reset) -> ResetMade:
    return ResetMade(reset.pk, reset.at, reset.by, reset.at + UNDO, reset.undone_at)
