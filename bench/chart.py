"""The chart: what each contestant adds to a request of each endpoint, as a share of the bare request."""

from __future__ import annotations

from pathlib import Path

from .contestants import CONTESTANTS
from .endpoints import ENDPOINTS
from .race import BASE
from .report import OURS, Result

LEAST_PERCENT = 0.1
OURS_COLOUR, OTHERS_COLOUR, NOISE_COLOUR = "#0b7285", "#adb5bd", "#e9ecef"


def draw(result: Result, path: Path) -> None:
    """Write the SVG. Raises ImportError where matplotlib is not installed."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "tachograph", "font.size": 9, "svg.fonttype": "none"})
    from matplotlib import pyplot

    names = [name for name in next(iter(result["costs"].values())) if name != BASE][::-1]
    figure, panels = pyplot.subplots(
        1, len(result["costs"]), sharey=True, squeeze=False, layout="constrained", figsize=(11, 3.4)
    )
    for axes, (endpoint, by_name) in zip(panels[0], result["costs"].items(), strict=True):
        percents = [(by_name[name]["ratio"] - 1) * 100 for name in names]
        bars = axes.barh(
            [CONTESTANTS[name].label for name in names],
            [max(percent, LEAST_PERCENT) for percent in percents],
            color=[_colour(name) for name in names],
        )
        axes.bar_label(bars, [f"{percent:+.1f} %" for percent in percents], padding=3)
        axes.set_xscale("log")
        axes.set_xlim(LEAST_PERCENT, 40_000)
        axes.set_xticks([1, 100, 10_000], ["1 %", "100 %", "100x"])
        axes.set_title(ENDPOINTS[endpoint].title, fontsize=9)
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle("What each tool adds to a request (log scale; bare again is the noise)")
    figure.savefig(path, format="svg", metadata={"Date": None})
    pyplot.close(figure)


def _colour(name: str) -> str:
    return {OURS: OURS_COLOUR, "bare2": NOISE_COLOUR}.get(name, OTHERS_COLOUR)
