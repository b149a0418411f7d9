"""The shapes of all reports. Times are aware datetimes, durations milliseconds, rates and shares 0 to 1.

None: there is nothing to say (no runs, no look-ups, nothing before). Lists are in the order to show.
"""

from .operations import (
    Broken,
    ClassFigures,
    Measures,
    OperationDetail,
    OperationFigures,
    OperationPoint,
    Trace,
    TraceStep,
)
from .others import (
    Attention,
    BudgetReport,
    CacheFigures,
    CachePoint,
    CacheReport,
    GateRunFigures,
    RecorderReport,
    TableSize,
)
from .queries import (
    Acknowledged,
    DeployMark,
    NPlusOneFigures,
    Origin,
    Page,
    Place,
    PlanFigures,
    QueryDetail,
    QueryFigures,
    QueryPoint,
    QueryTotals,
    Sample,
    State,
)

__all__ = [
    "Acknowledged",
    "Attention",
    "Broken",
    "BudgetReport",
    "CacheFigures",
    "CachePoint",
    "CacheReport",
    "ClassFigures",
    "DeployMark",
    "GateRunFigures",
    "Measures",
    "NPlusOneFigures",
    "OperationDetail",
    "OperationFigures",
    "OperationPoint",
    "Origin",
    "Page",
    "Place",
    "PlanFigures",
    "QueryDetail",
    "QueryFigures",
    "QueryPoint",
    "QueryTotals",
    "RecorderReport",
    "Sample",
    "State",
    "TableSize",
    "Trace",
    "TraceStep",
]
