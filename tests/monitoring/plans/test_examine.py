"""Findings and advice for statements against a shop of 200,000 orders."""

import psycopg
import pytest

from monitoring.errors import PlanError
from monitoring.plans.findings import Stored

BY_REFERENCE = "SELECT id FROM orders WHERE reference = %s"
LATEST = "SELECT id FROM orders WHERE status = %s ORDER BY made_at DESC LIMIT 20"


def kinds(found):
    return [finding.kind for finding in found.findings]


def statements(found):
    return [advice.statement for advice in found.advice]


def test_a_sequential_scan_and_its_index(examined):
    found = examined(BY_REFERENCE)
    assert kinds(found) == ["sequential_scan"]
    assert "200,000 rows of orders" in found.findings[0].text
    (advice,) = found.advice
    assert advice.statement == "CREATE INDEX CONCURRENTLY orders_reference_idx ON orders (reference);"
    assert (advice.checked, advice.cost_after) == ("unchecked", None)
    (costly,) = [node for node in found.root.walk() if node.is_costly]
    assert (costly.node_type, costly.relation) == ("Seq Scan", "orders")
    assert "$1" in costly.filter


def test_the_planner_is_asked_where_hypopg_is(examined, hypopg):
    (advice,) = examined(BY_REFERENCE).advice
    assert advice.checked == "hypopg"
    assert advice.cost_after * 10 < advice.cost_before


def test_an_advice_that_the_planner_would_not_follow_is_dropped(examined, hypopg):
    """A third of the rows, strewn all over the table."""
    assert examined("SELECT sum(amount) FROM orders WHERE amount > %s").advice == []


@pytest.mark.parametrize("checked", [False, True])
def test_a_sort_that_an_index_saves(examined, checked, request):
    if checked:
        request.getfixturevalue("hypopg")
    found = examined(LATEST)
    assert "sort" in kinds(found)
    assert statements(found) == [
        "CREATE INDEX CONCURRENTLY orders_status_made_at_idx ON orders (status, made_at);"
    ]


def test_a_sort_over_a_join_is_advised_where_it_can_be_checked(examined, hypopg):
    found = examined(
        "SELECT o.id, c.name FROM orders o JOIN customer c ON c.id = o.customer_id"
        " ORDER BY o.made_at DESC LIMIT 20"
    )
    assert statements(found) == ["CREATE INDEX CONCURRENTLY orders_made_at_idx ON orders (made_at);"]


def test_a_sort_by_the_position_of_a_column_is_advised(examined):
    found = examined("SELECT reference, made_at FROM orders ORDER BY 2 LIMIT 5")
    assert kinds(found) == ["sort"]
    assert statements(found) == ["CREATE INDEX CONCURRENTLY orders_made_at_idx ON orders (made_at);"]


def test_the_most_telling_column_is_enough(examined):
    found = examined("SELECT id FROM orders WHERE status = %s AND reference = %s")
    assert statements(found) == ["CREATE INDEX CONCURRENTLY orders_reference_idx ON orders (reference);"]


def test_a_function_of_a_column(examined):
    found = examined("SELECT id FROM orders WHERE UPPER(orders.reference::text) = UPPER(%s)")
    assert statements(found) == [
        "CREATE INDEX CONCURRENTLY orders_reference_upper_idx ON orders (upper((reference)::text));"
    ]


def test_mixed_directions_are_kept(examined):
    found = examined('SELECT id FROM customer ORDER BY "Level" DESC, name LIMIT 5')
    assert statements(found) == [
        'CREATE INDEX CONCURRENTLY "customer_Level_name_idx" ON customer ("Level" DESC, name);'
    ]


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT id FROM tiny WHERE name = %s", "a small table"),
        ("SELECT id FROM orders WHERE id = %s", "an index scan"),
        ("SELECT count(*) FROM orders", "no filter"),
    ],
)
def test_no_finding_without_a_fault(examined, sql, reason):
    found = examined(sql)
    assert (found.findings, found.advice) == ([], []), reason


def test_conditions_that_no_index_helps_are_told_without_advice(examined):
    for condition in ("reference LIKE %s", "amount::text = %s", "reference = %s OR status = %s"):
        found = examined(f"SELECT id FROM orders WHERE {condition}")
        assert kinds(found) == ["sequential_scan"], condition
        assert found.advice == [], condition


class TestIndexesThatExist:
    """Never an advice for what is there; something sensible for what is there and of no use."""

    @pytest.fixture(autouse=True)
    def no_index_is_left(self, run):
        yield
        run("DROP INDEX IF EXISTS mine")

    @pytest.mark.parametrize("keys", ["(reference)", "(reference, amount)"])
    def test_an_index_that_leads_with_the_columns(self, examined, run, shop, keys):
        """Here the planner may not use it; elsewhere it has reasons of its own."""
        run(f"CREATE INDEX mine ON orders {keys}")
        switches = ("enable_indexscan", "enable_indexonlyscan", "enable_bitmapscan")
        with psycopg.connect(shop.admin_url, autocommit=True) as superuser:
            for switch in switches:
                superuser.execute(f"ALTER ROLE tachograph SET {switch} = off")
            try:
                found = examined(BY_REFERENCE)
            finally:
                superuser.execute("ALTER ROLE tachograph RESET ALL")
        assert found.advice == []
        assert "An index on the same columns is there" in found.findings[0].text

    def test_a_partial_index_is_named(self, examined, run):
        run("CREATE INDEX mine ON orders (reference) WHERE status = 'new'")
        (advice,) = examined(BY_REFERENCE).advice
        assert advice.statement.startswith("CREATE INDEX CONCURRENTLY orders_reference_idx ")
        assert "partial index mine" in advice.note
        assert "'new'" in advice.note

    def test_an_invalid_index_is_made_anew(self, examined, run, shop):
        run("CREATE INDEX mine ON orders (reference)")
        with psycopg.connect(shop.admin_url, autocommit=True) as superuser:
            superuser.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'mine'::regclass")
        assert statements(examined(BY_REFERENCE)) == ["REINDEX INDEX CONCURRENTLY mine;"]

    def test_a_name_that_is_taken_gets_a_number(self, examined, run):
        run("CREATE INDEX orders_reference_idx ON orders (amount)")
        try:
            assert "orders_reference_idx1 ON" in statements(examined(BY_REFERENCE))[0]
        finally:
            run("DROP INDEX orders_reference_idx")


def test_the_estimate_is_held_against_what_was_recorded(examined):
    sql = "SELECT id FROM orders WHERE customer_id = %s"  # 10 orders each
    assert "estimate" not in kinds(examined(sql, Stored(50, 12.0)))
    found = examined(sql, Stored(50, 8_000.0))
    (text,) = [finding.text for finding in found.findings if finding.kind == "estimate"]
    assert "expects 10 rows" in text
    assert "50 recorded runs gave 8,000" in text
    assert "estimate" not in kinds(examined(f"{sql} LIMIT 10", Stored(50, 8_000.0)))


def test_stale_statistics(examined, run):
    run("CREATE TABLE fresh AS SELECT n FROM generate_series(1, 30000) n")
    try:
        texts = [finding.text for finding in examined("SELECT n FROM fresh WHERE n = %s").findings]
        assert any("never analysed" in text and "ANALYZE fresh" in text for text in texts)
    finally:
        run("DROP TABLE fresh")


CANNOT = {
    "a list of constants": "SELECT lpad('a', 5, 'b')",
    "a table that is gone": "SELECT a FROM gone WHERE b = %s",
    "no SQL at all": "SELECT FROM WHERE",
}


@pytest.mark.parametrize("sql", CANNOT.values(), ids=CANNOT)
def test_what_cannot_be_prepared_says_so(examined, sql):
    with pytest.raises(PlanError, match="cannot prepare"):
        examined(sql)


CAN = [
    "SELECT %s IS NULL",
    "SELECT id FROM orders WHERE %s = %s AND id IN (%s, %s) LIMIT %s OFFSET %s",
    "SELECT id FROM orders WHERE made_at > now() - interval '1 day' AND data ? 'n' AND data ?| array['a']",
    "SELECT id, data->>'n' FROM orders WHERE (customer_id, status) IN ((1, 'a'), (2, 'b'))",
    "SELECT status, count(*) FROM orders GROUP BY 1 ORDER BY 1",
    "SELECT amount::numeric(5, 1), CASE WHEN status = 'x' THEN 'a' END FROM orders WHERE amount % 2 = 1",
    "SELECT t.n, o.id FROM (VALUES ('1', 'a'), ('2', 'b')) AS t (n, s) JOIN orders o ON o.reference = t.n",
    "WITH few AS (SELECT id FROM customer WHERE name = 'x') SELECT * FROM few WHERE id > -5",
    "SELECT id FROM orders WHERE id = 5 FOR UPDATE",
    "SELECT id FROM orders WHERE reference LIKE 'a%%' AND EXTRACT(YEAR FROM made_at AT TIME ZONE 'UTC') = 1",
]


@pytest.mark.parametrize("sql", CAN)
def test_what_applications_send_can_be_planned(examined, sql):
    assert examined(sql).root.cost > 0


def test_nothing_is_run(examined, run):
    """Not even where the statement has effects."""
    run("CREATE SEQUENCE seen")
    try:
        examined("SELECT nextval('seen'), id FROM orders WHERE id = 1")
        assert run("SELECT is_called FROM seen").fetchone() == (False,)
    finally:
        run("DROP SEQUENCE seen")
