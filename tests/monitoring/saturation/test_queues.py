"""tacho_celery_*: what lies in the broker's lists, and since when, where the messages say so."""

import time
from datetime import UTC, datetime, timedelta

import pytest
import redis
from celery import Celery, current_app

from monitoring import switch
from monitoring.instruments.tasks import PUBLISHED_HEADER
from monitoring.saturation import queues

QUEUE = "saturation-test"


@pytest.fixture
def broker(settings):
    with redis.Redis.from_url(settings.REDIS_URL) as found:
        yield found
        for key in found.scan_iter(f"*{QUEUE}*"):
            found.delete(key)


@pytest.fixture(params=["", "prefix-"], ids=["plain", "with a prefix"])
def app(request, settings, broker, monkeypatch):
    """A Celery app whose broker is a real Redis, and which is the project's for the test."""
    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)
    before = current_app._get_current_object()
    app = Celery("saturation", broker=settings.REDIS_URL, set_as_current=False)
    app.conf.broker_transport_options = {
        "global_keyprefix": request.param,
        "queue_order_strategy": "priority",
    }
    app.conf.task_routes = {"routed": {"queue": QUEUE}}
    become(app)
    yield app
    become(before)
    app.close()


def become(app):
    """Be the project's app: the one of this thread, and of threads that have none."""
    app.set_current()
    app.set_default()


@pytest.fixture
def figures(app, broker):
    """figures(): the queue's length and the age of its oldest task, straight from the broker."""

    def read():
        found = {
            sample.name: sample.value
            for family in queues.read()
            for sample in family.samples
            if sample.labels == {"queue": QUEUE}
        }
        return found["tacho_celery_queue_length"], found.get("tacho_celery_oldest_task_seconds")

    return read


def send(app, published=None, **options):
    """Send a task; as one of so many seconds ago, where `published` says so: the recorder dates none then."""
    if published is None:
        app.send_task("routed", queue=QUEUE, **options)
        return
    switch.pause()
    try:
        headers = {PUBLISHED_HEADER: time.time() - published}
        app.send_task("routed", queue=QUEUE, headers=headers, **options)
    finally:
        switch.resume()


def test_an_empty_queue_is_shown(figures):
    assert figures() == (0, 0)


def test_the_length_is_that_of_the_lists(app, broker, figures):
    for priority in (0, 0, 3, 9):
        send(app, priority=priority)
    keys = list(broker.scan_iter(f"*{QUEUE}*", _type="list"))
    assert figures()[0] == sum(broker.llen(key) for key in keys) == 4
    assert len(keys) == 3


def test_the_oldest_is_the_first_that_was_sent(app, figures):
    send(app, published=100)
    send(app, published=50)
    assert figures()[1] == pytest.approx(100, abs=5)


def test_the_oldest_of_all_priorities(app, figures):
    send(app, published=50, priority=0)
    send(app, published=200, priority=9)
    assert figures()[1] == pytest.approx(200, abs=5)


def test_every_task_says_by_itself_when_it_was_sent(app, figures):
    send(app)
    assert figures()[1] == pytest.approx(0, abs=5)


def test_a_task_is_due_at_its_eta(app, figures):
    send(app, published=100, eta=datetime.now(UTC) - timedelta(seconds=10))
    assert figures()[1] == pytest.approx(10, abs=5)


def test_a_task_that_is_not_due_has_not_waited(app, figures):
    send(app, published=100, eta=datetime.now(UTC) + timedelta(seconds=60))
    assert figures()[1] == 0


def test_a_task_that_does_not_say_has_no_age(app, figures):
    switch.pause()
    try:
        send(app)
    finally:
        switch.resume()
    assert figures() == (1, None)


def test_a_retry_waits_from_its_own_sending(app, figures):
    app.send_task("routed", queue=QUEUE, headers={PUBLISHED_HEADER: time.time() - 100}, retries=1)
    assert figures()[1] == pytest.approx(0, abs=5)


def test_the_figures_are_in_the_scrape(app, scrape):
    send(app, published=100)
    figures = scrape()
    assert figures.total("tacho_celery_queue_length", queue=QUEUE) == 1
    assert figures.total("tacho_celery_oldest_task_seconds", queue=QUEUE) == pytest.approx(100, abs=5)


def test_queues_are_those_that_the_project_names(app):
    app.conf.task_routes = {"reports.*": {"queue": "reports"}, "b": "direct", "c": {"priority": 3}}
    assert queues._names(app) == {"celery", "reports", "direct"}


def test_a_project_that_configures_no_broker_has_no_such_part(app, monkeypatch):
    bare = Celery("bare", set_as_current=False)
    become(bare)
    assert queues.read() is None


def test_a_broker_whose_messages_cannot_be_seen_has_lengths_only(app):
    other = Celery("other", broker="memory://", set_as_current=False)
    become(other)
    other.send_task("routed", queue="celery")
    length, age = queues.read()
    assert [(sample.labels, sample.value) for sample in length.samples] == [({"queue": "celery"}, 1)]
    assert age.samples == []
    with other.connection_for_write() as connection:
        connection.default_channel.queue_purge("celery")
    other.close()
