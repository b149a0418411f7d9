"""The queries that /metrics shows are those in PostgreSQL's own log, under gunicorn's workers and threads."""

import pytest

from tests.e2e.reconcile import assert_reconciled, queries, record
from tests.e2e.sample.endpoints import SQL
from tests.e2e.web import Gunicorn

REQUESTS = 24
POOLINGS = {"kept": {}, "pooled": {"DB_POOL_MAX": "8"}}


@pytest.fixture(scope="module", params=POOLINGS)
def server(request, serve, sample_env):
    return serve(Gunicorn, sample_env | POOLINGS[request.param], "--workers", "2", "--threads", "4")


def asked(names, times=REQUESTS):
    return [(f"GET /sql/{name}", f"/sql/{name}") for _ in range(times) for name in names]


@pytest.mark.parametrize("name", [name for name in SQL if name != "blind"])
def test_one_endpoint_shows_the_queries_of_the_log(server, statement_log, name):
    """In the process totals, which are reconciled, and in its own series."""
    figures, statements = record(server, statement_log, asked([name]))
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
    figures, statements = record(server, statement_log, asked(names, 8))
    assert_reconciled(figures, statements, executemany_calls=8)
    assert min(statements.count(kind) for kind in ("begin", "fetch", "plumbing", "many", "query")) > 0


def test_what_goes_round_the_wrapper_is_known(server, statement_log):
    """COPY, callproc and psycopg's own cursor are blind spots: these three a request, and nothing else."""
    figures, statements = record(server, statement_log, asked(["blind"]))
    assert_reconciled(figures, statements, blind=3 * REQUESTS)
