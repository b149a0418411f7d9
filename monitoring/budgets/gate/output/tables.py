"""The tables of a report: scenarios, a deployment, two revisions."""

from rich.table import Table
from rich.text import Text

from monitoring.analysis import hit_rate
from monitoring.budgets import Budget
from monitoring.budgets.gate.absolute import SHARES, percentile
from monitoring.budgets.gate.against import Compared
from monitoring.budgets.gate.canary import Observed
from monitoring.budgets.gate.measure import Measured
from monitoring.budgets.gate.verdict import Verdict

SCENARIO_HEADINGS = (
    "queries 5", "50", "pinned", "budget", "dup", "N+1", "cache", "warm hits", "p50 p95 p99 ms",
)  # fmt: skip


def scenarios(verdicts: list[Verdict]) -> Table:
    """What each scenario cost."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("operation", overflow="fold")
    table.add_column("class")
    for heading in SCENARIO_HEADINGS:
        table.add_column(heading, justify="right")
    table.add_column("verdict")
    for verdict in verdicts:
        table.add_row(
            *_row(verdict.measured, verdict.budget, verdict.pinned),
            _colour(failed=verdict.failed, warned=bool(verdict.findings)),
        )
    return table


def _row(measured: Measured, budget: Budget, pinned: int | None) -> list[str]:
    small, large, warm = measured.small.cold, measured.large.cold, measured.large.warm
    rate = hit_rate(warm) if warm is not None else None
    return [
        measured.name,
        measured.operation_class,
        str(small.queries),
        str(large.queries),
        "-" if pinned is None else str(pinned),
        "-" if budget.queries_max is None else str(budget.queries_max),
        str(max(small.duplicates, large.duplicates)),
        str(max(len(small.nplusone), len(large.nplusone))),
        str(sum(large.cache.values())),
        "-" if rate is None else f"{rate:.0%}",
        _times(measured),
    ]


def deployment(observed: list[Observed]) -> Table:
    """What a running deployment's operations cost."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("operation", overflow="fold")
    table.add_column("class")
    for heading in ("runs", "errors", "queries a run", "hits"):
        table.add_column(heading, justify="right")
    table.add_column("verdict")
    for item in observed:
        word = _colour(failed=item.failed, warned=bool(item.findings))
        table.add_row(
            item.operation,
            item.operation_class,
            f"{item.runs:.0f}",
            f"{item.errors:.2%}",
            f"{item.queries:.1f}",
            "-" if item.hit_rate is None else f"{item.hit_rate:.0%}",
            word if item.is_judged else Text("too little traffic", "dim"),
        )
    return table


def _times(measured: Measured) -> str:
    found = (percentile(measured.large.times_ms, share) for share in SHARES)
    return " ".join(f"{ms:.1f}" for ms in found if ms is not None)


def revisions(comparisons: list[Compared]) -> Table:
    """Head against base."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("\nagainst the other revision", overflow="fold")
    for heading in ("base ms", "head ms", "ratio", "bounds", "limit", "pairs"):
        table.add_column("\n" + heading, justify="right")
    table.add_column("\nverdict")
    for compared in comparisons:
        found = compared.comparison
        colour = {
            "kept": "green",
            "inconclusive": "yellow",
            "slower": "bold red" if compared.failed else "yellow",
        }
        table.add_row(
            found.operation,
            f"{found.base_ms:.2f}",
            f"{found.head_ms:.2f}",
            f"{found.ratio:.3f}",
            f"{found.low:.3f} to {found.high:.3f}",
            f"{found.limit:g}",
            str(found.pairs),
            Text(found.outcome, colour[found.outcome]),
        )
    return table


def _colour(*, failed: bool, warned: bool) -> Text:
    if failed:
        return Text("broken", "bold red")
    return Text("warning", "yellow") if warned else Text("ok", "green")
