"""/api/system/gate-runs: where a CI job reports its run of the budget gate."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from monitoring import actions
from monitoring.actions import GateReport
from monitoring.reports.budgets import figures
from monitoring.reports.shapes import GateRunFigures

from . import examples
from .parser import MAX_BYTES
from .shapes import serializer_of, told
from .view import SystemView


class GateRunSerializer(serializers.Serializer[Any]):
    """What a CI job says of its run."""

    revision = serializers.CharField(max_length=64, help_text="the commit that was measured")
    base = serializers.CharField(
        max_length=64, required=False, allow_blank=True, default="", help_text="what it was compared with"
    )
    branch = serializers.CharField(max_length=255, required=False, allow_blank=True, default="")
    url = serializers.URLField(
        max_length=500, required=False, allow_blank=True, default="", help_text="the job's page"
    )
    report = serializers.DictField(
        child=serializers.JSONField(), help_text="what `manage.py budget check --format json` wrote"
    )


class GateRunsView(SystemView):
    """Reported runs."""

    @extend_schema(
        operation_id="system_gate_runs",
        request=GateRunSerializer,
        responses={201: serializer_of(GateRunFigures)},
        examples=[examples.GATE_REPORT, examples.GATE_RUN],
        description=f"Keep a run of the budget gate, so that the console shows it. At most {MAX_BYTES} bytes "
        "(413). The same report sent again is kept once.",
        tags=["system"],
    )
    def post(self, request: Request) -> Response:
        """Keep a run of the budget gate, so that the console shows it."""
        body = GateRunSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        made = actions.report_gate_run(**self.actor, run=GateReport(**body.validated_data))
        return Response(told(figures(made)), status=201)
