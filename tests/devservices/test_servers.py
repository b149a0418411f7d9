import json
import urllib.request
from contextlib import ExitStack

import psycopg
import pytest

from devservices.errors import ServiceError
from devservices.pgbouncer import PgBouncer
from devservices.postgres import Postgres
from devservices.prometheus import Alertmanager, Prometheus, local_alertmanager, local_prometheus
from devservices.redis import Redis


def test_redis_keeps_strangers_out(tmp_path):
    import redis

    with Redis(tmp_path) as server:
        with redis.Redis.from_url(server.url) as friend:
            assert friend.ping()
        with redis.Redis(port=server.port) as stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()


def test_a_port_that_is_taken_is_a_sentence(tmp_path):
    with Redis(tmp_path / "one") as first, pytest.raises(ServiceError, match="Redis stopped at its start"):
        Redis(tmp_path / "two", port=first.port).start()


@pytest.mark.needs("prometheus", "alertmanager")
def test_prometheus_takes_the_committed_configuration_and_finds_its_alertmanager(repository, tmp_path):
    with Alertmanager(tmp_path, local_alertmanager(repository)) as alertmanager:
        config = local_prometheus(repository, {"tachograph": 9, "alertmanager": alertmanager.port})
        with Prometheus(tmp_path, config) as prometheus:
            answer = urllib.request.urlopen(f"{prometheus.address}/api/v1/status/config").read()
    taken = json.loads(answer)["data"]["yaml"]
    assert "127.0.0.1:9" in taken
    assert f"127.0.0.1:{alertmanager.port}" in taken
    assert "credentials" not in taken
    assert "exporter" not in taken


@pytest.mark.needs("pgbouncer")
def test_pgbouncer_lends_one_connection_to_many(tmp_path):
    with ExitStack() as stack:
        stack.callback((postgres := Postgres(tmp_path)).discard)
        postgres.start()
        stack.callback((pool := PgBouncer(tmp_path, postgres.url, pool_size=1)).discard)
        pool.start()
        pids = set()
        for _ in range(5):
            with psycopg.connect(pool.url, prepare_threshold=None) as connection:
                pids.add(connection.execute("SELECT pg_backend_pid()").fetchone())
        assert len(pids) == 1
