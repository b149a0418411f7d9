"""Normalising SQL: no value survives, equal shapes have equal fingerprints, plumbing is told apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.statements import CUT_MARK, MAX_NORMALISED_CHARS, normalise, parse, statement


@pytest.mark.parametrize(
    ("sql", "normalised"),
    [
        ("SELECT a1 FROM t2 WHERE id = 12", "SELECT a1 FROM t2 WHERE id = ?"),
        ("SELECT 'it''s', E'it\\'s', $$it's$$, $q$it's$q$", "SELECT ?, ?, ?, ?"),
        ("SELECT 1.5e-3, -2, .5, a-1", "SELECT ?, ?, ?, a-?"),
        ("SELECT x FROM t WHERE id IN (%s, %s, %s)", "SELECT x FROM t WHERE id IN (?)"),
        ("SELECT x FROM t WHERE id IN (1,2)", "SELECT x FROM t WHERE id IN (?)"),
        ("SELECT x FROM t WHERE id IN (%s)", "SELECT x FROM t WHERE id IN (?)"),
        ("INSERT INTO t (a, b) VALUES (%s, %s), (%s, DEFAULT)", "INSERT INTO t (a, b) VALUES (?)"),
        ("SELECT 1 -- 'secret'\n, 2 /* 'secret' */", "SELECT ? , ?"),
        ('SELECT "1 odd ""name""", "a\'b" FROM t', 'SELECT "1 odd ""name""", "a\'b" FROM t'),
        ("SELECT 1 /* a /* b 'secret' */ 'secret' */, 2", "SELECT ? , ?"),
        ("SELECT 1 /* not closed /* b */ secret", "SELECT ?"),
        ("SELECT 4/2 /* a / * b **/", "SELECT ?/?"),
        ("SELECT %(name)s, $1, ?", "SELECT ?, ?, ?"),
        ("SELECT 'not closed", "SELECT ?"),
        ("SELECT x IS NULL, (NULL)", "SELECT x IS NULL, (?)"),
        (
            "UPDATE t SET a = CASE WHEN (id = %s) THEN %s WHEN (id = %s) THEN %s END WHERE id IN (%s, %s)",
            "UPDATE t SET a = CASE WHEN (id = ?) THEN ? END WHERE id IN (?)",
        ),
    ],
)
def test_normalised_form(sql, normalised):
    assert normalise(sql) == normalised


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a, count(*) FROM t GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ?",
        'SELECT a FROM t GROUP BY "t"."x", 2, COALESCE(z, ?, ?), 3 HAVING count(*) > ?',
        "SELECT a FROM t GROUP BY t.x UNION SELECT a, ?",
        "SELECT x FROM t ORDER BY x LIMIT ?, ?",
        "SELECT (SELECT ? ORDER BY 2 NULLS LAST), ? FROM t GROUP BY 1;",
        "SELECT a FROM t ORDER BY ? + x, 2",
    ],
)
def test_the_position_of_a_column_is_no_value(sql):
    """Any other number is one, wherever it stands."""
    assert normalise(sql) == sql
    assert normalise(sql.replace("?", "7")) == sql


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ('SAVEPOINT "s1_x1"', "plumbing"),
        ('RELEASE SAVEPOINT "s1_x1"', "plumbing"),
        ('ROLLBACK TO SAVEPOINT "s1"', "plumbing"),
        ("SET CONSTRAINTS ALL IMMEDIATE", "plumbing"),
        ("SET LOCAL statement_timeout = 5", "plumbing"),
        ("SELECT set_config('app.tenant', '7', true)", "plumbing"),
        ("/* app */ SELECT set_config('a', 'b', true)", "plumbing"),
        ("SELECT settled FROM t", "read"),
        ("SELECT 1", "read"),
        ("(SELECT 1) UNION (SELECT 2)", "read"),
        ("WITH a AS (SELECT 1) SELECT * FROM a", "read"),
        ("WITH a AS (SELECT 1) UPDATE t SET x = 1", "write"),
        ("UPDATE t SET x = 1", "write"),
        ("INSERT INTO t VALUES (1)", "write"),
        ("TRUNCATE t", "write"),
    ],
)
def test_kind(sql, kind):
    assert parse(sql).kind == kind


@given(
    st.text(alphabet=st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=8),
    st.integers(min_value=10**7),
)
def test_no_literal_survives(text, number):
    quoted = text.replace("'", "''")
    found = normalise(
        f"SELECT x FROM t WHERE a = '{quoted}' AND b = {number} AND c IN ('{quoted}', {number})"
    )
    assert found == "SELECT x FROM t WHERE a = ? AND b = ? AND c IN (?)"


@given(st.lists(st.integers(), min_size=1, max_size=50), st.lists(st.integers(), min_size=1, max_size=50))
def test_lists_of_any_length_are_one_fingerprint(one, other):
    of = [
        parse(f"SELECT x FROM t WHERE id IN ({', '.join(map(str, ids))})").fingerprint for ids in (one, other)
    ]
    assert of[0] == of[1]


def test_a_megabyte_is_cut_and_says_so_and_its_fingerprint_is_of_the_whole():
    long = "SELECT " + ", ".join(f"column_{i}" for i in range(80_000))
    found, other = parse(long), parse(long + ", one_more")
    assert len(found.sql) == MAX_NORMALISED_CHARS + len(CUT_MARK)
    assert found.sql.endswith(CUT_MARK)
    assert found.fingerprint != other.fingerprint


def test_a_string_is_parsed_once():
    assert statement("SELECT remembered FROM t") is statement("SELECT remembered FROM t")
