"""10,000 values go through the service in every way there is, and none of them is kept or told by us."""

import http.client
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from urllib.parse import quote

import psycopg
import pytest

from tests.e2e.people.values import MARK, values
from tests.e2e.sentry_server import SentryServer
from tests.e2e.web import PeopleGunicorn

NUMBER = 10_000
IN_A_BODY = 100
TOLD = ("nplusone at", "NoSuchPersonError", "IntegrityError", "SuspiciousOperation", "GET _unmatched")
SILK = """
import django
django.setup()
from django.utils import timezone
from monitoring import silk_session
from monitoring.store.models import SilkSession
for name in ("POST /people/take", "GET /people/loop"):
    SilkSession.objects.create(operation=name, requests=10, started_at=timezone.now(), by="a test")
"""


@pytest.fixture(scope="module")
def sent(serve, people_env, run):
    """The service after all of it, and the envelopes that Sentry got."""
    with SentryServer() as sentry:
        env = people_env | {"SENTRY_DSN": sentry.dsn}
        server = serve(PeopleGunicorn, env, "--workers", "2", "--threads", "2")
        run([sys.executable, "-c", SILK], people_env | {"TACHOGRAPH_DIR": str(server.cells)})
        everything = values(NUMBER, seed=20261123)
        assert len(set(everything)) == NUMBER
        with ThreadPoolExecutor(2) as pool:
            parts = [everything[start : start + IN_A_BODY] for start in range(0, NUMBER, IN_A_BODY)]
            statuses = list(pool.map(lambda part: send(server.port, part), parts))
        assert statuses == [STATUSES] * len(parts), server.log.read_text()[-3000:]
        wait_until_stored(people_env, len(parts))
        yield server, sentry


STATUSES = [200, 200, 200, 500, 500, 400, 404]


def send(port, part):
    """The statuses of one request to each view, with values in body, query, path, header and cookie."""
    one, two, three, *_ = part
    name = "&".join(f"name={quote(value)}" for value in part[:8])
    requests = [
        ("POST", "/people/take", json.dumps({"values": part})),
        ("GET", f"/people/find?email={quote(one)}", None),
        ("GET", f"/people/loop?{name}", None),
        ("GET", f"/people/fail?email={quote(two)}", None),
        ("GET", f"/people/twice?name={quote(three)}", None),
        ("GET", f"/people/by-name/{quote(part[1], safe='')}", None),
        ("GET", f"/nowhere/{quote(one, safe='')}", None),
    ]
    return [ask(port, *request, token=quote(two)) for request in requests]


def ask(port, method, path, body, token):
    headers = {
        "X-Token": token,
        "Cookie": f"session={token}",
        "Authorization": f"Bearer {token}",
        "Referer": path,
    }
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request(method, path, body, headers | {"User-Agent": token})
        response = connection.getresponse()
        response.read()
        return response.status


def wait_until_stored(env, requests):
    done = (
        "SELECT coalesce(sum(p.runs), 0) FROM tachograph_operation_period p JOIN tachograph_operation o"
        " ON o.id = p.operation_id WHERE o.name = 'GET _unmatched' AND p.level = 1"
    )
    deadline = time.monotonic() + 30
    with closing(psycopg.connect(env["DATABASE_URL"], autocommit=True)) as connection:
        while connection.execute(done).fetchone()[0] < requests:
            assert time.monotonic() < deadline
            time.sleep(0.2)


def tables(env, prefix):
    """Name -> (how many rows, all of them as text)."""
    with closing(psycopg.connect(env["DATABASE_URL"])) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE tablename LIKE %s", [f"{prefix}%"])
        found = {}
        for (name,) in names.fetchall():
            rows = connection.execute(f"SELECT {name}::text FROM {name}").fetchall()
            found[name] = len(rows), "\n".join(row for (row,) in rows)
        return found


def without(texts):
    """No text holds the mark, in whatever case; where one does, what stands around it."""
    places = {name: text.lower().find(MARK) for name, text in texts.items()}
    assert {name: texts[name][at - 150 : at + 80] for name, at in places.items() if at >= 0} == {}


def test_the_stores_tables(sent, people_env):
    found = tables(people_env, "tachograph_")
    for name in ("query", "query_period", "query_sample", "trace_sample", "location", "cache_period"):
        assert found[f"tachograph_{name}"][0] > 0, f"nothing is in {name}: it proves nothing"
    without({name: text for name, (_, text) in found.items()})


def test_silks_tables(sent, people_env):
    found = tables(people_env, "silk_")
    assert found["silk_request"][0] == 20
    assert found["silk_sqlquery"][0] > 100
    without({name: text for name, (_, text) in found.items()})


def test_the_log(sent):
    text = sent[0].log.read_text()
    for told in TOLD:
        assert told in text, f"the log says nothing of {told}: it proves nothing"
    without({"log": text})


def test_metrics_in_both_formats(sent):
    server, _ = sent
    texts = {}
    for kind in ("text/plain", "application/openmetrics-text"):
        with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)) as connection:
            connection.request("GET", "/metrics", headers={"Accept": kind})
            texts[kind] = connection.getresponse().read().decode()
        assert "tacho_slow_queries_total{" in texts[kind]
    without(texts)


def test_the_shared_memory(sent):
    """The cells, and whatever else the processes share."""
    files = [path for path in sent[0].cells.rglob("*") if path.is_file()]
    assert files
    without({str(path): path.read_bytes().decode(errors="replace") for path in files})


def test_what_sentry_gets(sent):
    envelopes = [envelope.decode() for envelope in sent[1].raw]
    assert {"slow_query", "nplusone", "error", "budget"} <= {
        event["tags"]["finding"] for event in sent[1].events
    }
    without(dict(enumerate(envelopes)))


def test_the_plans(sent, people_env, run):
    """What EXPLAIN is asked for each stored query."""
    code = (
        "import django; django.setup();"
        "from monitoring.plans import explain; from monitoring.store.models import Query;"
        "print([explain(key).error for key in Query.objects.values_list('pk', flat=True)])"
    )
    said = run([sys.executable, "-c", code], people_env)
    without({"errors": said, "plans": tables(people_env, "tachograph_plan")["tachograph_plan"][1]})
