"""docs/metrics.md, the catalog and /metrics speak of the same metrics."""

import re

import pytest

from monitoring import catalog
from monitoring.exposition import registry

ROW = re.compile(r"^\| `(tacho_\w+)` \| (\w+) \| ([\w, ]*)\|", re.MULTILINE)


@pytest.fixture(scope="module")
def documented(pytestconfig):
    """Name -> type and labels, as the tables have them."""
    text = (pytestconfig.rootpath / "docs/metrics.md").read_text()
    rows = ROW.findall(text)
    assert len(rows) == len({name for name, _, _ in rows}), "a metric stands twice"
    return {name: (kind, tuple(labels.replace(",", " ").split())) for name, kind, labels in rows}


@pytest.fixture(scope="module")
def declared():
    """Name, as it is exposed -> type and labels, as the catalog has them. `_` begins what is not exposed."""
    found = [one for one in (*catalog.metrics(), *catalog.read_at_scrape()) if not one.name.startswith("_")]
    return {
        one.name + "_total" * (one.type == "counter"): (one.type, tuple(one.labels))
        for one in found
    }  # fmt: skip


def test_the_documentation_and_the_catalog_name_the_same_metrics(documented, declared):
    assert documented == declared


@pytest.mark.usefixtures("db")
def test_what_is_exposed_is_declared(declared):
    exposed = {
        family.name + "_total" * (family.type == "counter")
        for family in registry.collect()
        if family.name.startswith("tacho_")
    }
    assert exposed - declared.keys() == set()
    assert {"tacho_pg_connections", "tacho_scrape_part_up", "tacho_operations_total"} <= exposed
