"""Every scenario of the platform: the process totals are what PostgreSQL's own log shows, one by one."""

import json
import re
import sys

from tests.e2e.statement_log import kind
from tests.e2e.web import ROOT

CALL_EACH = """
import json
import django
django.setup()
from django.db import connection
from monitoring.budgets.gate.environment import own_environment
from monitoring.cells.reader import read
from monitoring.scenarios import client_for, scenarios

def totals():
    names = "tacho_db_query_duration_seconds", "tacho_db_plumbing", "tacho_db_transactions"
    found = dict.fromkeys(names, 0)
    for one in read()[0]:
        if one.key.name in found:
            found[one.key.name] += int(sum(one.cells[:-1]) if one.key.type == "h" else one.cells[0])
    return list(found.values())

def mark(word):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 'mark {word}'")

counted = {}
with own_environment(instance="log") as environment:
    for name, scenario in scenarios().items():
        world = environment.seeded(scenario.seed, 5)
        client = client_for(scenario.role)
        mark("begins")
        before = totals()
        response = scenario.call(client, world)
        if getattr(response, "streaming", False):
            b"".join(response.streaming_content)
        counted[name] = [now - then for now, then in zip(totals(), before)]
        mark(name)
print(json.dumps(counted))
"""


def logged(statements):
    """{scenario: [queries, plumbing, transactions]} as the log has them, between the marks of each."""
    found, current = {}, []
    for sql in statements:
        mark = re.match(r"SELECT 'mark (.*)'", sql)
        if mark is None:
            current.append(kind(sql))
        elif mark[1] == "begins":
            current = []
        else:
            found[mark[1]] = [current.count(one) for one in ("query", "plumbing", "end")]
    return found


def test_each_scenario_is_counted_as_postgresql_has_it(run, platform_env, statement_log):
    with statement_log.window() as statements:
        env = platform_env | {"PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}"}
        counted = json.loads(run([sys.executable, "-c", CALL_EACH], env).splitlines()[-1])
    assert len(counted) >= 30
    assert logged(statements) == counted
