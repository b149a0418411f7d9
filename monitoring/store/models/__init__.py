"""The store's tables. Times are UTC; durations are seconds; no parameter value is in any of them."""

from .actions import AuditEntry, Deploy, GateRun, Reset, SilkSession
from .figures import CachePeriod, Level, OperationPeriod, QueryPeriod
from .findings import Acknowledgement, Plan, QuerySample, TraceSample
from .names import Batch, Bounds, Location, OperationKey, Query

__all__ = [
    "Acknowledgement",
    "AuditEntry",
    "Batch",
    "Bounds",
    "CachePeriod",
    "Deploy",
    "GateRun",
    "Level",
    "Location",
    "OperationKey",
    "OperationPeriod",
    "Plan",
    "Query",
    "QueryPeriod",
    "QuerySample",
    "Reset",
    "SilkSession",
    "TraceSample",
]
