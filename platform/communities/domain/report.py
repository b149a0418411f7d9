"""The coverage report: what is known about each region, province and municipality, one line each."""

from collections.abc import Iterator
from typing import Any

from django.db import connection

from communities.models import FIGURES, MunicipalityCoverage, ProvinceCoverage
from geography.models import Municipality, Province, Region

PLACE = ("level", "psgc_code", "name", "region", "province")
COLUMNS = (*PLACE, "total_municipalities", "total_obc_communities", *FIGURES)


def coverage_report(region: Region | None = None) -> Iterator[dict[str, Any]]:
    """A line per unit that has a coverage, each region's before its provinces' and theirs before their
    towns'.

    A region sums its provinces' coverages and, straight, those of its cities without a province. One
    statement: all lines are of one moment.
    """
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENT, {"region": region.pk if region else None})
        lines = cursor.fetchall()
    return (dict(zip(COLUMNS, line, strict=True)) for line in lines)


def _columns(alias: str) -> str:
    return ", ".join(f"{alias}.{name}" for name in ("total_obc_communities", *FIGURES))


def _statement() -> str:
    tables = {model.__name__: model._meta.db_table for model in (  # noqa: SLF001
        Region, Province, Municipality, MunicipalityCoverage, ProvinceCoverage)}  # fmt: skip
    totals = ("total_municipalities", "total_obc_communities", *FIGURES)
    sums = ", ".join(f"sum({name})::bigint AS {name}" for name in totals)
    return f"""
WITH municipal AS (
    SELECT m.region_id, m.province_id, m.psgc_code, m.name, 1 AS total_municipalities, {_columns("c")}
    FROM {tables["MunicipalityCoverage"]} c JOIN {tables["Municipality"]} m ON m.id = c.municipality_id
    WHERE c.deleted_at IS NULL AND (m.region_id = %(region)s OR %(region)s::bigint IS NULL)),
provincial AS (
    SELECT p.region_id, p.id, p.psgc_code, p.name, c.total_municipalities, {_columns("c")}
    FROM {tables["ProvinceCoverage"]} c JOIN {tables["Province"]} p ON p.id = c.province_id
    WHERE c.deleted_at IS NULL AND (p.region_id = %(region)s OR %(region)s::bigint IS NULL)),
parts AS (SELECT * FROM provincial UNION ALL SELECT * FROM municipal WHERE province_id IS NULL),
lines AS (
    SELECT 'region' AS level, r.psgc_code, r.name, r.name AS region, '' AS province, {sums},
        r.psgc_code AS first, '' AS second
    FROM parts JOIN {tables["Region"]} r ON r.id = parts.region_id GROUP BY r.id
    UNION ALL
    SELECT 'province', u.psgc_code, u.name, r.name, u.name, u.total_municipalities, {_columns("u")},
        r.psgc_code, u.psgc_code
    FROM provincial u JOIN {tables["Region"]} r ON r.id = u.region_id
    UNION ALL
    SELECT 'municipality', u.psgc_code, u.name, r.name, coalesce(p.name, ''), 1, {_columns("u")},
        r.psgc_code, coalesce(p.psgc_code, u.psgc_code)
    FROM municipal u JOIN {tables["Region"]} r ON r.id = u.region_id
    LEFT JOIN {tables["Province"]} p ON p.id = u.province_id)
SELECT {", ".join(COLUMNS)} FROM lines ORDER BY first, second, level = 'municipality', psgc_code
"""  # noqa: S608  (names of our own tables and columns)


_STATEMENT = _statement()
