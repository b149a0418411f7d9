"""The tables: of who costs what, and of what was promised."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from .contestants import CONTESTANTS, ROOT
from .endpoints import ENDPOINTS
from .race import BASE

Result = dict[str, Any]
CHART = "docs/benchmarks.svg"
OURS, RIVAL = "tachograph", "prometheus-mp"
# What a request may cost at most, by the ratio to the bare one.
RATIOS = {"empty": 1.15, "cached": 1.05, "list": 1.015, "n1": 1.02}
BEGIN, END = "<!-- {} -->", "<!-- /{} -->"


class ReportError(Exception):
    """A document has no place for a table. The message says what to add."""


def table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def costs(result: Result) -> str:
    """One line a contestant: median and ratio at each endpoint."""
    names = list(next(iter(result["costs"].values())))
    rows = [[CONTESTANTS[name].label, *(_cost(result, endpoint, name) for endpoint in result["costs"])]
            for name in names]  # fmt: skip
    return table(["us a request / ratio to bare", *(ENDPOINTS[name].title for name in result["costs"])], rows)


def _cost(result: Result, endpoint: str, name: str) -> str:
    cost = result["costs"][endpoint][name]
    median = f"{cost['median_us']:,.0f}"
    return median if name == BASE else f"{median} / {cost['ratio']:.3f}"


def spread(result: Result) -> str:
    """How far the figures lie apart: the middle half of the requests, and the rounds."""
    rows = [
        [
            CONTESTANTS[name].label,
            ENDPOINTS[endpoint].title,
            f"{cost['requests']:,}",
            f"{cost['p25_us']:,.0f} to {cost['p75_us']:,.0f}",
            f"{cost['ratio_low']:.3f} to {cost['ratio_high']:.3f}",
            f"{cost['added_us']:+,.1f}",
        ]
        for endpoint, by_name in result["costs"].items()
        for name, cost in by_name.items()
    ]
    return table(["", "endpoint", "requests", "middle half, us", "ratio by round", "added us"], rows)


def goals(result: Result) -> str:
    """What was promised, beside what was measured in this run."""
    rows = _micro_goals(result) + [
        [f"ratio to bare, {ENDPOINTS[name].title}", f"{limit:g}", *_pair(result, name)]
        for name, limit in RATIOS.items()
        if name in result["costs"]
    ]
    return table(["", "at most", "Tachograph", CONTESTANTS[RIVAL].label], rows)


def _pair(result: Result, endpoint: str) -> list[str]:
    by_name = result["costs"][endpoint]
    ours, rival = (by_name.get(name) for name in (OURS, RIVAL))
    return ["" if cost is None else f"{cost['ratio']:.3f}" for cost in (ours, rival)]


def _micro_goals(result: Result) -> list[list[str]]:
    if not (micro := result["micro"]):
        return []
    ns = {name: value / 1e3 for name, value in micro["ns"].items()}
    empty, added = result["costs"].get("empty", {}), result["added"]
    by_race = {name: empty[name]["added_us"] for name in (OURS, RIVAL) if name in empty}

    def raced(name: str, what: str | None = None) -> str:
        value = by_race.get(name) if what is None else added.get(name, {}).get(what)
        return "" if value is None else f"{value:.1f} us"

    memory = micro["memory_mb"]
    return [
        ["a request (micro)", "12 us", f"{ns['request']:.1f} us", ""],
        ["a request (added at /empty)", "12 us", raced(OURS), raced(RIVAL)],
        ["a query (micro), a statement's first run", "1.5 us", f"{ns['query']:.2f} us", ""],
        ["a query (micro), repeated: with its frame walk", "2.5 us", f"{ns['query_repeated']:.2f} us", ""],
        ["a query (added at /n1)", "2.5 us", raced(OURS, "n1"), raced(RIVAL, "n1")],
        ["a cache get (micro)", "1.5 us", f"{ns['get']:.2f} us", ""],
        ["a cache get (added at /cached)", "1.5 us", raced(OURS, "cached"), raced(RIVAL, "cached")],
        *_scrape_goals(micro),
        [f"memory of a worker, {memory['code']:.1f} MB of it code", "10 MB", f"{memory['all']:.1f} MB", ""],
    ]


def _scrape_goals(micro: dict[str, Any]) -> list[list[str]]:
    rival = {found["workers"]: found for found in micro.get("prometheus_recycled", ())}
    rows = []
    for found in micro["recycled"]:
        other = rival.get(found["workers"])
        rows.append([
            f"a scrape of {found['samples']:,} samples after {found['workers']:,} recycled workers", "50 ms",
            _scrape(found), "" if other is None else _scrape(other),
        ])  # fmt: skip
    for found in micro["samples"]:
        title = f"a sample of a scrape of {found['samples']:,}"
        rows.append([title, "-", f"{found['us_per_sample']:.1f} us ({found['seconds'] * 1e3:,.0f} ms)", ""])
    return rows


def _scrape(found: dict[str, float]) -> str:
    return f"{found['seconds'] * 1e3:,.0f} ms, {found['files']:.0f} files, {found['mb']:.1f} MB"


def circumstances(result: Result) -> str:
    """One paragraph: where, when, how long, how busy."""
    versions = ", ".join(f"{name} {number}" for name, number in result["versions"].items())
    core = "not pinned" if result["core"] is None else f"all of it pinned to core {result['core']}"
    before, after = result["load"]
    skipped = "".join(
        f" Not installed, so not here: {CONTESTANTS[name].label} ({', '.join(modules)})."
        for name, modules in result["skipped"].items()
    )
    commit = f"{result['commit']}{' with changes' if result['changed'] else ''}"
    return (
        f"{result['date']}, commit {commit}: {result['rounds']} rounds of {result['cycles']} cycles on "
        f"{result['cores']} cores ({result['processor']}), {core}; load {before:g} before, {after:g} after. "
        f"Python {result['python']}, {versions}.{skipped}"
    )


def tables(result: Result) -> str:
    """Everything, for a terminal or a file."""
    return "\n\n".join([costs(result), goals(result), spread(result), circumstances(result)])


def write_between(path: Path, mark: str, text: str) -> None:
    """Put `text` between the marks of a document. Raises ReportError where it has none."""
    begin, end = BEGIN.format(mark), END.format(mark)
    old = path.read_text() if path.exists() else ""
    before, found, rest = old.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise ReportError(f"{path.name} has no place for the figures: add the lines {begin} and {end}.")
    path.write_text(f"{before}{begin}\n{text}\n{end}{after}")


def publish(result: Result, root: Path = ROOT) -> None:
    """Write the tables into README.md and docs/benchmarks.md; they show the chart where it has been drawn."""
    page, chart = root / "docs" / "benchmarks.md", root / CHART
    text = f"{costs(result)}\n\n{circumstances(result)}"
    for path in (root / "README.md", page):
        link = f"![What each tool adds to a request]({os.path.relpath(chart, path.parent)})\n\n"
        write_between(path, "bench:cost", link + text if chart.exists() else text)
    write_between(page, "bench:goals", goals(result))
    write_between(page, "bench:spread", spread(result))
