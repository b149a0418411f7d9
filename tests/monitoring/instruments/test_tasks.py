"""Celery tasks: one operation a run. Eager here; a real worker is in tests/e2e."""

import time

import pytest
from celery import Celery
from django.db import connection

from monitoring import operation
from monitoring.instruments import tasks as instrument
from monitoring.record import current

pytestmark = pytest.mark.django_db
app = Celery("test", broker="memory://", set_as_current=False)
app.conf.update(task_always_eager=True, task_eager_propagates=False)


@app.task(name="reads", shared=False)
def reads(number):
    with connection.cursor() as cursor:
        for value in range(number):
            cursor.execute("SELECT %s", (value,))


@app.task(name="fails", shared=False)
def fails():
    raise ValueError("no")


@app.task(name="retries", shared=False, bind=True, max_retries=2)
def retries(self):
    raise self.retry(countdown=0)


@app.task(name="calls", shared=False)
def calls():
    reads.delay(2)


reads.operation_class = "report"


def test_a_run_is_one_operation(ended):
    reads.delay(3)
    (found,) = ended
    assert (found.kind, found.name, found.operation_class) == ("task", "reads", "report")
    assert (found.status, found.queries) == ("ok", 3)
    assert current() is None
    assert instrument._running == {}


def test_a_failing_run(ended):
    fails.delay()
    assert [(one.name, one.status) for one in ended] == [("fails", "error")]
    assert current() is None


def test_retries_are_apart(ended):
    retries.delay()
    assert sorted(one.status for one in ended) == ["error", "retry", "retry"]
    assert current() is None


def test_an_eager_task_counts_in_what_called_it_and_has_its_request_id(ended):
    with operation("around") as around:
        around.request_id = "the-request"
        calls.delay()
    inner, outer, _ = ended
    assert [(one.name, one.queries) for one in ended] == [("reads", 2), ("calls", 2), ("around", 2)]
    assert inner.request_id == outer.request_id == "the-request"


def test_an_eager_task_has_waited_for_nobody(ended, figure):
    reads.delay(1)
    assert figure("tacho_task_queue_seconds") == 0


def test_a_retry_waits_from_its_own_sending_and_keeps_the_request():
    headers = {instrument.PUBLISHED_HEADER: 1.0, instrument.REQUEST_ID_HEADER: "the-first"}
    with operation("around") as around:
        around.request_id = "another"
        instrument._published(headers=headers)
    assert headers[instrument.PUBLISHED_HEADER] > time.time() - 60
    assert headers[instrument.REQUEST_ID_HEADER] == "the-first"
