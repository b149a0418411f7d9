"""What a sync of coverage asks of PostgreSQL, by the recorder's counter and by PostgreSQL's own log."""

import json
import sys

import pytest

from tests.e2e.statement_log import kind
from tests.e2e.web import ROOT

SYNC = """
import json, sys
import django
django.setup()
from django.db import connection, transaction
from communities.models import FIGURES, MunicipalityCoverage, OBCCommunity
from geography.models import Barangay, Municipality, Province, Region
from monitoring import operation

def mark(word):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 'mark {word}'")

with transaction.atomic():
    region = Region.objects.create(code="98", name="Log")
    province = Province.objects.create(psgc_code="9800100000", name="Log", region=region)
    municipality = Municipality.objects.create(psgc_code="9800101000", name="Log", province=province)
    barangay = Barangay.objects.create(psgc_code="9800101001", name="Log", municipality=municipality)
    values = dict.fromkeys(FIGURES, 1)
    rows = [OBCCommunity(barangay=barangay, **values) for _ in range(int(sys.argv[1]))]
    OBCCommunity.objects.bulk_create(rows)
    mark("begins")
    with operation("cascade") as record:
        coverage = MunicipalityCoverage.sync_for_municipality(municipality)
    mark("ends")
    print(json.dumps({"queries": record.queries, "households": coverage.households}))
    transaction.set_rollback(True)
"""


@pytest.mark.parametrize("communities", [2, 2_000])
def test_a_full_cascade_is_four_queries(run, platform_env, statement_log, communities):
    with statement_log.window() as statements:
        env = platform_env | {"PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}"}
        said = json.loads(run([sys.executable, "-c", SYNC, str(communities)], env).splitlines()[-1])
    begins, ends = (number for number, sql in enumerate(statements) if "SELECT 'mark" in sql)
    logged = [sql for sql in statements[begins + 1 : ends] if kind(sql) == "query"]
    assert (len(logged), said) == (4, {"queries": 4, "households": communities})
    municipal, provincial = logged[:2], logged[2:]
    assert "communities_municipalitycoverage" in municipal[1]
    assert "communities_provincecoverage" in provincial[1]
