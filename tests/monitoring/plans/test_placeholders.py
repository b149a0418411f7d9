"""Stored SQL, turned back into something that PostgreSQL can prepare."""

import pytest

from monitoring.errors import PlanError
from monitoring.plans.placeholders import numbered
from monitoring.statements import CUT_MARK, normalise

CASES = {
    "values": (
        'SELECT "b"."id" FROM "b" WHERE ("b"."a" = %s AND "b"."c" IN (%s, %s)) ORDER BY "b"."a" LIMIT 21',
        'SELECT "b"."id" FROM "b" WHERE ("b"."a" = $1 AND "b"."c" IN ($2)) ORDER BY "b"."a" LIMIT $3',
    ),
    "cast": ("SELECT %s::jsonb, CAST(%s AS date)", "SELECT $1::jsonb, CAST($2 AS date)"),
    "typed literal": (
        "SELECT now() - interval '1 day' > timestamptz '2020-01-01'",
        "SELECT now() - $1::interval > $2::timestamptz",
    ),
    "time zone": (
        "SELECT DATE_TRUNC(%s, a AT TIME ZONE %s) FROM b",
        "SELECT DATE_TRUNC($1, a AT TIME ZONE $2) FROM b",
    ),
    "json has key": (
        'SELECT 1 FROM "b" WHERE ("b"."data" ? %s AND data ? \'x\' AND (data) ?| %s AND "d" ?& array[%s])',
        'SELECT $1 FROM "b" WHERE ("b"."data" ? $2 AND data ? $3 AND (data) ?| $4 AND "d" ?& array[$5])',
    ),
    "json paths": ("SELECT a->'x'->>'y' FROM b", "SELECT a->$1->>$2 FROM b"),
    "concatenation": ("SELECT 'a'||b||'c' FROM d", "SELECT $1||b||$2 FROM d"),
    "size of a type": (
        "SELECT a::numeric(10, 2), b::varchar(5) FROM c",
        "SELECT a::numeric, b::varchar FROM c",
    ),
    "sign": ('SELECT "a" -1, "b" - 2 FROM c', 'SELECT "a" + $1, "b" - $2 FROM c'),
    "percent": ("SELECT a %% 2 FROM b WHERE c LIKE 'x%%'", "SELECT a % $1 FROM b WHERE c LIKE $2"),
    "rows": (
        "SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS t (n, s)",
        "SELECT * FROM (VALUES ($1, $2)) AS t (n, s)",
    ),
    "tuples": (
        'SELECT "a" FROM b WHERE ("a", "c") IN ((%s, %s), (%s, %s))',
        'SELECT "a" FROM b WHERE ("a", "c") IN (($1, $2))',
    ),
    "array": ("SELECT a[1] FROM b WHERE c = ANY(%s)", "SELECT a[$1] FROM b WHERE c = ANY($2)"),
    "trailing semicolon": ("SELECT a FROM b WHERE c = 1;", "SELECT a FROM b WHERE c = $1"),
    "positions": (
        'SELECT "a", "c", COUNT(3) FROM b GROUP BY 1, 2 ORDER BY 3 DESC, "c" LIMIT 4',
        'SELECT "a", "c", COUNT($1) FROM b GROUP BY 1, 2 ORDER BY 3 DESC, "c" LIMIT $2',
    ),
    "mark in a name": ('SELECT "what?" FROM b WHERE c = 5', 'SELECT "what?" FROM b WHERE c = $1'),
}


@pytest.mark.parametrize(("sql", "expected"), CASES.values(), ids=CASES)
def test_each_value_gets_its_number(sql, expected):
    found = numbered(normalise(sql))
    assert found.sql == expected
    assert found.parameters == expected.count("$")


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        (f"SELECT a FROM b WHERE c IN (?){CUT_MARK}", "too long"),
        ("UPDATE a SET b = ?", "Only a SELECT"),
        ("EXPLAIN SELECT ?", "Only a SELECT"),
        ("SELECT ?; DROP TABLE a", "more than one statement"),
    ],
)
def test_what_cannot_be_prepared_is_refused_with_the_reason(sql, reason):
    with pytest.raises(PlanError, match=reason):
        numbered(sql)
