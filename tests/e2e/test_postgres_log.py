"""The queries that /metrics shows are those in PostgreSQL's own log, under gunicorn's workers and threads."""

import pytest

from tests.e2e.figures import until
from tests.e2e.load import get_all
from tests.e2e.sample.endpoints import MANY, SQL
from tests.e2e.web import Gunicorn

REQUESTS = 24
POOLINGS = ("persistent", "native")


@pytest.fixture(scope="module", params=POOLINGS)
def server(request, serve, sample_env):
    env = sample_env | {"DB_POOLING": request.param, "DB_POOL_MAX": "8"}
    return serve(Gunicorn, env, "--workers", "3", "--threads", "4")


def record(server, statement_log, names, requests=REQUESTS):
    """What /metrics and the log say of `requests` to each of the endpoints `names`."""
    paths = [f"/sql/{name}" for _ in range(requests) for name in names]
    before = server.figures()
    with statement_log.window() as statements:
        tally = get_all(server.port, paths)
        assert tally.broken == 0
        after = until(server.figures, lambda now: operations(now - before) == len(paths))
    return after - before, statements


def operations(figures):
    return sum(figures.total("tacho_operations_total", operation=f"GET /sql/{name}") for name in SQL)


def queries(statements, executemany_calls=0):
    """Our queries, as the log has them: an executemany is one."""
    expanded = statements.count("many")
    assert expanded == executemany_calls * MANY
    return statements.count("query") + executemany_calls


def assert_reconciled(figures, statements, executemany_calls=0, blind=0):
    """Query by query kind, then as the one sum in DESIGN.md."""
    shown = figures.total("tacho_db_query_duration_seconds_count", alias="default")
    plumbing = figures.total("tacho_db_plumbing_total", alias="default")
    transactions = figures.total("tacho_db_transactions_total", alias="default")
    assert shown == queries(statements, executemany_calls) - blind
    assert plumbing == statements.count("plumbing")
    assert transactions == statements.count("end") == statements.count("begin")
    round_the_wrapper = statements.count("round") + blind
    assert len(statements) == (
        shown + executemany_calls * (MANY - 1) + plumbing + 2 * transactions + statements.count("fetch")
        + round_the_wrapper
    )  # fmt: skip


@pytest.mark.parametrize("name", [name for name in SQL if name != "blind"])
def test_one_endpoint_shows_the_queries_of_the_log(server, statement_log, name):
    """In the process totals, which are reconciled, and in its own series."""
    figures, statements = record(server, statement_log, [name])
    calls = REQUESTS if name == "executemany" else 0
    assert_reconciled(figures, statements, calls)
    operation = f"GET /sql/{name}"
    assert figures.total("tacho_operation_db_queries_count", operation=operation) == REQUESTS
    assert figures.total("tacho_operation_db_queries_sum", operation=operation) == queries(statements, calls)
    assert figures.total("tacho_recorder_unattributed_queries_total") == 0
    # Django checks a kept connection once a request, and sets a new one's time zone: no more is excused.
    assert statements.count("round") <= REQUESTS


def test_all_endpoints_at_once_show_the_queries_of_the_log(server, statement_log):
    names = [name for name in SQL if name != "blind"]
    figures, statements = record(server, statement_log, names, requests=8)
    assert_reconciled(figures, statements, executemany_calls=8)
    assert min(statements.count(kind) for kind in ("begin", "fetch", "plumbing", "many", "query")) > 0


def test_what_goes_round_the_wrapper_is_known(server, statement_log):
    """COPY, callproc and psycopg's own cursor are blind spots: these three a request, and nothing else."""
    figures, statements = record(server, statement_log, ["blind"])
    assert_reconciled(figures, statements, blind=3 * REQUESTS)
