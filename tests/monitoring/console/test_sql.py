"""A statement on a page: coloured, laid out where that is cheap, and never in the way."""

import re

import pytest

from monitoring.console.sql import MOST_LAID_OUT, MOST_SHOWN, shown


def text_of(html: str) -> str:
    plain = re.sub(r"<[^>]+>", "", html)
    return plain.replace("&quot;", '"').replace("&#39;", "'").replace("&lt;", "<").replace("&amp;", "&")


def test_a_short_one_is_laid_out_and_coloured():
    found = shown("SELECT a, b FROM t WHERE a = ?")
    assert found.left == 0
    assert '<span class="k">SELECT</span>' in found.html
    assert [line.split()[0] for line in text_of(found.html).splitlines()] == ["SELECT", "b", "FROM", "WHERE"]


def test_a_long_one_is_shown_in_part():
    sql = "SELECT " + "x" * 1_000_000
    found = shown(sql)
    assert found.left == len(sql) - MOST_SHOWN
    assert len(text_of(found.html)) <= MOST_SHOWN + 1


@pytest.mark.parametrize("sql", [
    "SELECT " + "(" * 1000 + "1" + ")" * 1000, "SELECT 1" + " + 1" * 500, "SELECT '" + "a" * MOST_LAID_OUT,
    "", ";;;", "\x01\ufffe", "SELECT \"" + "<" * 100,
])  # fmt: skip
def test_what_no_parser_likes_is_shown_as_it_came(sql):
    assert "".join(text_of(shown(sql).html).split()) == "".join(sql.split())
