"""The database's report, of a cluster whose state is known."""

import json
import threading
from dataclasses import asdict

import psycopg
import pytest
from django.core.serializers.json import DjangoJSONEncoder
from django.db.backends.utils import CursorWrapper

from devservices import binaries
from devservices.session import throw_away_postgres
from monitoring import catalog, totals
from monitoring.cells import process
from monitoring.servers.database import report
from tests.monitoring.saturation.servers import closed_port, silent_port

SECRET = "maria.santos@example.org"


@pytest.fixture(autouse=True)
def there(cluster, use_server):
    use_server(cluster.url)


@pytest.fixture
def table(cluster):
    """table(sql), in a session of its own: it tells its figures when it ends. Tables t_* are dropped."""

    def run(sql):
        with psycopg.connect(cluster.url, autocommit=True) as connection:
            connection.execute(sql)

    yield run
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        for (name,) in connection.execute(
            "SELECT relname FROM pg_class WHERE relname ~ '^t_' AND relkind = 'r'"
        ):
            connection.execute(f"DROP TABLE {name} CASCADE")


def test_it_can_be_sent_as_json(table):
    table("CREATE TABLE t_one AS SELECT 1 AS n; ANALYZE t_one")
    assert json.loads(json.dumps(asdict(report()), cls=DjangoJSONEncoder))["is_up"] is True


def test_connections_by_state_and_utilisation(connect, until):
    connect().execute("SELECT 1")
    connect(autocommit=True).execute("SELECT 1")
    # A backend of the test before may be ending.
    found = until(lambda: (seen := report().connections) and seen.total == 2 and seen)
    assert found.by_state == {
        "active": 0, "idle": 1, "idle in transaction": 1, "idle in transaction (aborted)": 0,
    }  # fmt: skip
    assert (found.most, found.utilisation) == (20, 0.1)


def test_a_query_that_runs_long_is_shown_without_its_values(connect, until):
    sleeper = connect()

    def sleep():
        with pytest.raises(psycopg.errors.QueryCanceled):
            sleeper.execute(f"SELECT pg_sleep(60) /* {SECRET} */ WHERE '{SECRET}' <> 'x'")

    thread = threading.Thread(target=sleep)
    thread.start()
    try:
        (found,) = until(lambda: report().long_running)
        assert found.pid == sleeper.info.backend_pid
        assert found.running_s > 1
        assert found.sql == "SELECT pg_sleep(?) WHERE ? <> ?"
    finally:
        sleeper.cancel_safe()
        thread.join()


def test_who_waits_for_whom(connect, table, until):
    table("CREATE TABLE t_account (id int PRIMARY KEY, owner text)")
    table(f"INSERT INTO t_account VALUES (1, '{SECRET}')")
    holder, waiter = connect(), connect()
    holder.execute(f"UPDATE t_account SET owner = '{SECRET}' WHERE id = 1")

    def wait():
        with pytest.raises(psycopg.errors.QueryCanceled):
            waiter.execute(f"UPDATE t_account SET owner = 'x{SECRET}' WHERE id = 1")

    thread = threading.Thread(target=wait)
    thread.start()
    try:
        found = until(lambda: (seen := report()).blocked and seen)
        (blocked,) = found.blocked
        assert blocked.session.pid == waiter.info.backend_pid
        assert [one.pid for one in blocked.blockers] == [holder.info.backend_pid]
        assert blocked.mode == "ShareLock"
        assert blocked.blockers[0].sql == "UPDATE t_account SET owner = ? WHERE id = ?"
        assert SECRET not in json.dumps(asdict(found), cls=DjangoJSONEncoder)
    finally:
        waiter.cancel_safe()
        thread.join()
        holder.rollback()


def test_a_transaction_that_is_left_open(connect, until):
    idle = connect()
    idle.execute("SELECT 1")
    (found,) = until(lambda: report().idle_in_transaction)
    assert (found.pid, found.sql) == (idle.info.backend_pid, "SELECT ?")
    assert found.transaction_s > 1


def test_sizes_dead_rows_bloat_and_when_it_was_looked_after(table, until):
    table("CREATE TABLE t_big AS SELECT n, repeat('x', 100) AS filler FROM generate_series(1, 20000) n")
    table("DELETE FROM t_big WHERE n > 10000")

    def big():
        return next(one for one in report().tables if one.name == "t_big")

    before = until(lambda: (seen := big()).dead_rows and seen)
    assert before.rows is before.bloat_bytes is before.analysed_at is None
    assert before.dead_rows == 10_000
    assert before.dead_share == pytest.approx(0.5, abs=0.01)
    table("DELETE FROM t_big WHERE n <= 10000 AND n % 2 = 0")
    table("VACUUM (TRUNCATE false, ANALYZE) t_big")
    after = until(lambda: (seen := big()).analysed_at and seen)
    assert after.vacuumed_at is not None
    assert after.rows == 5_000
    assert after.total_bytes >= after.table_bytes > 2_000_000
    # 5,000 rows of 20,000 are left, and the pages of the rest are free.
    assert after.bloat_bytes / after.table_bytes == pytest.approx(0.75, abs=0.02)


def test_a_full_table_has_no_bloat(table):
    table("CREATE TABLE t_full AS SELECT n, repeat('y', 50) AS filler FROM generate_series(1, 20000) n")
    table("ANALYZE t_full")
    found = next(one for one in report().tables if one.name == "t_full")
    assert found.bloat_bytes / found.table_bytes < 0.02


def test_indexes_that_help_nobody(table, until):
    table("CREATE TABLE t_index (id int PRIMARY KEY, a int, b int, c text UNIQUE)")
    for name, keys in {
        "t_a": "(a)", "t_a_again": "(a)", "t_a_b": "(a, b)", "t_b_partial": "(b) WHERE a > 1", "t_b": "(b)",
        "t_b_desc": "(b DESC)", "t_id_too": "(id)",
    }.items():  # fmt: skip
        table(f"CREATE INDEX {name} ON t_index {keys}")
    table("INSERT INTO t_index SELECT n, n, n FROM generate_series(1, 2000) n")
    found = report().indexes
    covered_by = {one.name: one.covered_by for one in found.duplicate}
    assert covered_by.keys() == {"t_a", "t_a_again", "t_id_too"}
    assert covered_by["t_id_too"] == "t_index_pkey"
    assert covered_by["t_a_again"] in ("t_a", "t_a_b")
    assert {one.name for one in found.unused} == {
        "t_a", "t_a_again", "t_a_b", "t_b_partial", "t_b", "t_b_desc", "t_id_too",
    }  # fmt: skip
    assert {one.name for one in found.invalid} == set()
    table("SET enable_seqscan = off; SELECT a FROM t_index WHERE b = 5")
    until(lambda: not {"t_b", "t_b_desc"} <= {one.name for one in report().indexes.unused})


def test_the_server_itself(table):
    table("CREATE TABLE t_read AS SELECT 1 AS n")
    table("SELECT n FROM t_read")
    server = report().server
    assert server.database == "tachograph"
    assert server.max_connections == 20
    assert server.size_bytes > 1_000_000
    assert 0.5 < server.hit_ratio <= 1


def test_the_pool_is_told_from_the_cells():
    with process.lock:
        for state, number in {"in_use": 3, "idle": 2}.items():
            totals.put(catalog.DB_CONNECTIONS, number, "default", state)
        totals.put(catalog.DB_CONNECTIONS, 9, "other", "open")
        for waited in (0.1, 0.3):
            totals.observe(catalog.POOL_WAIT, waited)
    pool = report().pool
    assert pool.by_state == {"in_use": 3, "idle": 2}
    assert (pool.waits, pool.mean_wait_s) == (2, pytest.approx(0.2))


def test_how_to_switch_pg_stat_statements_on_is_said():
    found = report()
    assert found.statements == []
    assert "shared_preload_libraries" in found.statements_note


def test_an_extension_without_its_library_is_as_good_as_none(cluster):
    with psycopg.connect(cluster.admin_url, autocommit=True) as superuser:
        try:
            superuser.execute("CREATE EXTENSION pg_stat_statements")
        except psycopg.errors.FeatureNotSupported:
            pytest.skip("not on this machine: the extension pg_stat_statements (Debian's postgresql-contrib)")
        try:
            found = report()
        finally:
            superuser.execute("DROP EXTENSION pg_stat_statements")
    assert "shared_preload_libraries" in found.statements_note
    assert found.tables is not None
    assert found.is_up


def test_the_top_statements_without_a_value(place, use_server):
    settings = {"shared_preload_libraries": "pg_stat_statements", "max_connections": "20"}
    if not list(binaries.postgresql()[0].parent.rglob("pg_stat_statements.so")):
        pytest.skip("not on this machine: the library pg_stat_statements (Debian's postgresql-contrib)")
    with throw_away_postgres(place / "statements", settings) as server:
        with psycopg.connect(server.admin_url, autocommit=True) as superuser:
            superuser.execute("CREATE EXTENSION pg_stat_statements")
        with psycopg.connect(server.url, autocommit=True) as application:
            application.execute("CREATE TABLE person (name text)")
            for _ in range(3):
                application.execute(f"SELECT count(*) FROM person WHERE name IN ('{SECRET}', 'b')")
            application.execute(f"COMMENT ON TABLE person IS '{SECRET}'")
        use_server(server.url)
        found = report()
    assert found.statements_note == ""
    (one,) = [top for top in found.statements if "person WHERE" in top.sql]
    assert (one.sql, one.calls) == ("SELECT count(*) FROM person WHERE name IN (?)", 3)
    assert SECRET not in json.dumps(asdict(found), cls=DjangoJSONEncoder)


def test_a_table_that_is_locked_costs_its_part_only(table, connect):
    table("CREATE TABLE t_locked (n int)")
    connect().execute("LOCK TABLE t_locked IN ACCESS EXCLUSIVE MODE")
    found = report()
    assert found.is_up
    assert set(found.missing) == {"tables"}
    assert "log" in found.missing["tables"]


@pytest.mark.parametrize("port", [closed_port, silent_port])
def test_a_server_that_is_down_is_reported_as_down(port, use_server):
    with port() as number:
        use_server(f"postgres://nobody:hidden@127.0.0.1:{number}/nothing")
        found = report()
    assert not found.is_up
    assert "DATABASE_URL" in found.error
    assert "hidden" not in found.error


@pytest.mark.parametrize("tables", [1, 10])
def test_the_number_of_queries_does_not_grow(tables, table, monkeypatch):
    for number in range(tables):
        table(f"CREATE TABLE t_{number} (id int PRIMARY KEY, a int)")
        table(f"CREATE INDEX ON t_{number} (a)")
    sent = []
    execute = CursorWrapper.execute

    def counted(self, sql, params=None):
        sent.append(sql)
        return execute(self, sql, params)

    monkeypatch.setattr(CursorWrapper, "execute", counted)
    assert report().is_up
    reading = [sql for sql in sent if "SAVEPOINT" not in sql and not sql.startswith("SET")]
    assert len(reading) == 6
