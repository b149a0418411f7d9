"""Celery's queues, as the broker has them. Imported only where Celery is installed."""

from __future__ import annotations

from datetime import datetime
from time import time
from typing import Any, Final

from celery import current_app
from kombu.utils.json import loads
from prometheus_client.core import Metric

from .. import catalog
from ..instruments.tasks import PUBLISHED_HEADER
from .part import family

TIMEOUT_S: Final = 1.0


def _names(app: Any) -> set[str]:
    """The queues that the project names: in task_queues, or in a route."""
    routes = [getattr(route, "map", {}) | getattr(route, "patterns", {}) for route in app.amqp.routes]
    routed = [to.get("queue") if isinstance(to, dict) else to for route in routes for to in route.values()]
    return {*app.amqp.queues, *(str(getattr(queue, "name", queue)) for queue in routed if queue)}


def _connection(app: Any) -> Any:
    connection = app.connection_for_read(connect_timeout=TIMEOUT_S)
    if connection.transport.driver_type == "redis":
        connection.transport_options |= {"socket_timeout": TIMEOUT_S, "socket_connect_timeout": TIMEOUT_S}
    return connection


def _due_since(message: dict[str, Any]) -> float | None:
    """When the task could first have run (epoch s): at its sending, or its eta. None if it does not say."""
    headers = message.get("headers") or {}
    published, eta = headers.get(PUBLISHED_HEADER), headers.get("eta")
    if not isinstance(published, int | float):
        return None
    return max(published, datetime.fromisoformat(eta).timestamp()) if eta else published


def _age(oldest: list[dict[str, Any]]) -> float | None:
    """How long the oldest task has waited (s): 0 for an empty queue, None where one does not say."""
    since = [_due_since(message) for message in oldest]
    told = [moment for moment in since if moment is not None]
    if len(told) < len(since):
        return None
    return max(time() - min(told), 0.0) if told else 0.0


def _in_redis(channel: Any, queue: str) -> tuple[int, float | None]:
    """Length and age of a queue on Redis, which keeps a list for each priority, the next message last.

    By a plain client, for kombu's puts the key prefix before the keys of some commands only.
    """
    from redis import Redis  # noqa: PLC0415  (its broker is one)

    steps = channel.priority_steps
    keys = [channel.global_keyprefix + channel._q_for_pri(queue, step) for step in steps]  # noqa: SLF001
    pipeline = Redis(connection_pool=channel.pool).pipeline(transaction=False)
    for key in keys:
        pipeline.llen(key)
        pipeline.lindex(key, -1)
    found = pipeline.execute()
    return sum(found[::2]), _age([loads(message) for message in found[1::2] if message is not None])


def _elsewhere(connection: Any, channel: Any, queue: str) -> tuple[int, None]:
    """Length of a queue of another broker; most let no message be seen without taking it."""
    try:
        return int(channel.queue_declare(queue, passive=True).message_count), None
    except connection.channel_errors:
        return 0, None  # nobody has declared it yet


def read() -> list[Metric] | None:
    """The families of tacho_celery_*, or None where no broker is configured. Raises the broker's errors."""
    app = current_app
    if not app.conf.broker_read_url:
        return None
    lengths: dict[tuple[str, ...], float] = {}
    ages: dict[tuple[str, ...], float] = {}
    with _connection(app) as connection:
        connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0, timeout=TIMEOUT_S)
        for queue in sorted(_names(app)):
            # One for each: AMQP closes the channel that asked for a queue which does not exist.
            with connection.channel() as channel:
                is_redis = connection.transport.driver_type == "redis"
                length, age = (
                    _in_redis(channel, queue) if is_redis else _elsewhere(connection, channel, queue)
                )
                lengths[queue,] = length
                if age is not None:
                    ages[queue,] = age
    return [family(catalog.QUEUE_LENGTH, lengths), family(catalog.OLDEST_TASK, ages)]
