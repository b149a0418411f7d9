"""Celery's children, recycled, in one folder with a web server: a scrape shows each run, once."""

import sys

import pytest

from tests.e2e.figures import until
from tests.e2e.web import Gunicorn, WebServer

RUNS, QUERIES = 60, 3
SEND = """
import sys
import django
django.setup()
from tests.e2e.sample.tasks import fails, reads, retries
for _ in range(int(sys.argv[1])):
    reads.delay(int(sys.argv[2]))
for _ in range(5):
    fails.delay()
    retries.delay()
"""


class Worker(WebServer):
    """Two children, each replaced after ten tasks."""

    name = "celery"

    def command(self) -> list[str]:
        return [
            sys.executable, "-m", "celery", "--quiet", "--app", "tests.e2e.sample.tasks", "worker",
            "--loglevel", "CRITICAL", "--concurrency", "2", "--max-tasks-per-child", "10",
        ]  # fmt: skip

    def ready(self) -> bool:
        return True  # what is sent before it listens waits for it


@pytest.fixture(scope="module")
def server(serve, sample_env, folder):
    server = serve(Gunicorn, sample_env, "--workers", "1")
    with Worker(folder / "celery", sample_env | {"TACHOGRAPH_DIR": str(server.cells)}):
        yield server


def test_each_run_of_a_task_is_counted_once(server, sample_env, run):
    before = server.figures()
    run([sys.executable, "-c", SEND, str(RUNS), str(QUERIES)], sample_env)

    def runs(figures):
        return figures.by("tacho_operations_total", "operation", "status", kind="task")

    expected = {
        ("sample.reads", "ok"): RUNS,
        ("sample.fails", "error"): 5,
        ("sample.retries", "retry"): 5,
        ("sample.retries", "error"): 5,
    }
    figures = until(lambda: server.figures() - before, lambda now: sum(runs(now).values()) >= 75, 60)
    assert runs(figures) == expected
    queries = figures.total("tacho_operation_db_queries_sum", operation="sample.reads")
    assert queries == RUNS * QUERIES
    assert figures.total("tacho_db_query_duration_seconds_count", alias="default") == RUNS * QUERIES
    assert figures.total("tacho_task_queue_seconds_count") == 75
    # The worker and its two children at a time, however often they were replaced, and the web server's.
    assert len(list(server.cells.glob("slot_*"))) <= 5
