"""Through a pooler that gives each transaction another session: batches add up, nothing is left behind."""

from urllib.parse import quote

import psycopg
import pytest
from django.db import connection, connections

from devservices.pgbouncer import PgBouncer
from monitoring.store.batch import Batch
from monitoring.store.connection import Connection
from monitoring.store.models import CachePeriod, Level
from monitoring.store.write import write

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pgbouncer(tmp_path, monkeypatch):
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o711)  # it runs as another user
    connection.ensure_connection()  # the test's own stays a direct one
    found = connection.settings_dict
    credentials = f"{found['USER']}:{quote(found['PASSWORD'])}@{found['HOST']}:{found['PORT']}"
    with PgBouncer(tmp_path, f"postgres://{credentials}/{found['NAME']}", pool_size=1) as pool:
        behind = {"HOST": "127.0.0.1", "PORT": str(pool.port), "OPTIONS": {"prepare_threshold": None}}
        for key, value in behind.items():
            monkeypatch.setitem(connections.settings["default"], key, value)
        yield pool


@pytest.mark.needs("pgbouncer")
def test_behind_a_pooler(pgbouncer):
    rows = [{"alias": "default", "command": "get", "family": "", "result": "hit", "calls": 3}]
    own = Connection()
    for _ in range(8):
        with own.transaction() as cursor:
            write(cursor, Batch(1_800_000_000.0, caches=rows))
    with psycopg.connect(pgbouncer.url, prepare_threshold=None) as next_client:
        assert next_client.execute("SHOW statement_timeout").fetchone() == ("0",)
    own.close()
    assert CachePeriod.objects.get(level=Level.DAY).calls == 24
