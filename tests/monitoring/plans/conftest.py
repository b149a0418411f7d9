"""A cluster of these tests' own: its tables are committed, and hypopg can be had where the machine has it."""

from collections.abc import Iterator

import psycopg
import pytest

from devservices.postgres import Postgres
from devservices.session import throw_away_folder, throw_away_postgres

# 200,000 rows of orders; 20,000 of customers. Statistics are fixed by ANALYZE of all rows.
TABLES = """
CREATE TABLE customer (id bigint PRIMARY KEY, name varchar(50), email text, "Level" integer);
INSERT INTO customer SELECT n, 'name ' || n, 'user' || n || '@example.org', n % 5
FROM generate_series(1, 20000) n;
CREATE TABLE orders (
    id bigint PRIMARY KEY, customer_id bigint, status varchar(20), reference varchar(40),
    amount numeric(10, 2), made_at timestamptz, data jsonb
);
INSERT INTO orders
SELECT n, 1 + n % 20000, CASE n % 4 WHEN 0 THEN 'new' ELSE 'done' END, 'ref-' || n, n % 977,
       timestamptz '2026-01-01' + n * interval '1 minute', jsonb_build_object('n', n)
FROM generate_series(1, 200000) n;
CREATE TABLE tiny AS SELECT n AS id, 'x' AS name FROM generate_series(1, 50) n;
"""
ANALYZE = "SET default_statistics_target = 1000; ANALYZE"


@pytest.fixture(scope="session")
def shop() -> Iterator[Postgres]:
    """A cluster with the tables of a shop in the application's database."""
    with throw_away_folder("plans") as folder, throw_away_postgres(folder) as server:
        # A session at its end tells how many rows it changed: ANALYZE must come after it.
        for script in (TABLES, ANALYZE):
            with psycopg.connect(server.url) as connection:
                connection.execute(script)
        yield server


@pytest.fixture
def hypopg(shop: Postgres) -> Iterator[None]:
    """The extension, in a schema of its own, for one test."""
    with psycopg.connect(shop.admin_url, autocommit=True) as connection:
        there = connection.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'hypopg'").fetchone()
        if there is None:
            pytest.skip("not on this machine: the extension hypopg (Debian's postgresql-15-hypopg)")
        connection.execute("CREATE SCHEMA hypothetical; CREATE EXTENSION hypopg SCHEMA hypothetical")
        connection.execute("GRANT USAGE ON SCHEMA hypothetical TO tachograph")
        yield
        connection.execute("DROP EXTENSION hypopg; DROP SCHEMA hypothetical")


@pytest.fixture
def run(shop: Postgres):
    """run(sql) in the shop, committed."""
    with psycopg.connect(shop.url, autocommit=True) as connection:
        yield connection.execute


@pytest.fixture
def examined(shop: Postgres, use_server):
    """examined(sql, stored=None): what one look at a statement tells, as the application sends it."""
    from monitoring.plans.examine import examine
    from monitoring.plans.prepared import plan_generically
    from monitoring.saturation.own_connection import own_cursor
    from monitoring.statements import normalise

    use_server(shop.url)

    def examined(sql, stored=None):
        with own_cursor("default", statement_timeout_ms=5_000) as cursor:
            plan_generically(cursor, lock_timeout_ms=500)
            return examine(cursor, normalise(sql), stored)

    return examined
