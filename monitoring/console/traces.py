"""A trace as a timeline: a bar for each step, where it stood in the run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..reports.shapes import Trace, TraceStep

MOST_STEPS: Final = 150
MOST_TEXT: Final = 300
_WORDS: Final = {"query": "query", "cache": "cache"}


@dataclass(frozen=True, slots=True)
class Bar:
    """A step; `x` and `width` are of 1,000, the whole run."""

    step: TraceStep
    x: str
    width: str
    css: str

    @property
    def what(self) -> str:
        """What it did, cut."""
        text = self.step.what
        return text if len(text) <= MOST_TEXT else text[:MOST_TEXT] + " …"


@dataclass(frozen=True, slots=True)
class Timeline:
    """A run and its bars; `left` steps are not shown."""

    trace: Trace
    bars: list[Bar]
    left: int


def _bar(step: TraceStep, whole_ms: float) -> Bar:
    x = min(max(step.start_ms / whole_ms, 0), 1) * 1000
    width = min(max(step.duration_ms / whole_ms * 1000, 3), max(1000 - x, 3))
    css = _WORDS.get(step.kind, "block" if step.kind in ("block", "task", "command") else "other")
    return Bar(step, f"{min(x, 997):.1f}", f"{width:.1f}", css)


def timeline(trace: Trace) -> Timeline:
    """The trace's first steps as bars."""
    whole = trace.duration_ms or 1.0
    bars = [_bar(step, whole) for step in trace.steps[:MOST_STEPS]]
    return Timeline(trace, bars, trace.cut + max(len(trace.steps) - MOST_STEPS, 0))
