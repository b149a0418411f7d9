"""The committed dashboards as tests read them."""

import json
from collections.abc import Iterator
from pathlib import Path


def dashboards_of(root: Path) -> dict[str, dict]:
    """The dashboards by their file's name."""
    return {
        path.name: json.loads(path.read_text()) for path in (root / "grafana" / "dashboards").glob("*.json")
    }


def panels_of(dashboard: dict) -> Iterator[dict]:
    """Every panel, those in collapsed rows too."""
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            yield from panel.get("panels", [])
        else:
            yield panel


def expressions(dashboard: dict) -> Iterator[tuple[str, str]]:
    """(panel's title, PromQL) of every query."""
    for panel in panels_of(dashboard):
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
