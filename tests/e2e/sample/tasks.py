"""The sample service's tasks."""

import environ
from celery import Celery
from django.db import connection

app = Celery("sample", broker=environ.Env()("REDIS_URL"), set_as_current=False)
app.conf.update(task_ignore_result=True, broker_connection_retry_on_startup=True)


@app.task(name="sample.reads")
def reads(number: int) -> None:
    """So many queries."""
    with connection.cursor() as cursor:
        for value in range(number):
            cursor.execute("SELECT %s", (value,))


@app.task(name="sample.fails")
def fails() -> None:
    """Always an error."""
    raise ValueError("on purpose")


@app.task(name="sample.retries", bind=True, max_retries=1)
def retries(self) -> None:
    """Once more, then an error."""
    raise self.retry(countdown=0)
