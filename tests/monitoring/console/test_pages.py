"""What the pages say is what the store holds."""

import csv
import io
import re

import pytest

from monitoring.store import models as store
from tests.monitoring.console.story import FINGERPRINT
from tests.monitoring.reports import month


def rows(answer, table):
    """The table's cells as text, by row."""
    html = answer.content.decode()
    section = re.search(rf'<section class="table" id="{table}">.*?</section>', html, re.DOTALL)[0]
    found = []
    for row in re.findall(r"<tr.*?</tr>", section, re.DOTALL)[1:]:
        cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        found.append([" ".join(re.sub(r"<[^>]+>", "", cell).split()) for cell in cells])
    return found


def test_the_overview_tells_each_class_and_what_needs_attention(boss, story):
    answer = boss.get("/console/?window=15m")
    (line,) = rows(answer, "classes")
    assert line[0] == "list"
    assert "✕ queries (1)" in line[1]
    assert line[2:4] == ["1", "50"]
    assert line[7:] == ["7", "75.0 %", "10.0 %"]
    page = answer.content.decode()
    assert "Needs attention" in page
    assert f"/console/queries/{FINGERPRINT}/?window=15m" in page
    assert "things/views.py:41" in page


def test_nobody_is_called_for_a_command_that_somebody_watches(boss, story):
    names = store.OperationKey.objects.filter(pk=story.operation.pk)
    names.update(kind="command", name="migrate", operation_class="system")
    page = boss.get("/console/?window=15m").content.decode()
    assert "things/views.py:41" not in page
    assert "migrate" in boss.get("/console/endpoints/?window=15m").content.decode()
    names.update(operation_class="report")  # one that says what it is
    assert "things/views.py:41" in boss.get("/console/?window=15m").content.decode()


def test_what_is_neither_slow_nor_an_nplusone_is_in_no_state(boss, story):
    assert "open" in rows(boss.get("/console/queries/?window=15m"), "queries")[0][2]
    store.QueryPeriod.objects.update(slow=0, nplusone=0)
    assert rows(boss.get("/console/queries/?window=15m"), "queries")[0][2] == ""


def test_the_p95_is_between_the_bounds_of_its_bucket(boss, story):
    (found,) = boss.get("/console/endpoints/?window=15m&export=json").json()["operations"]
    assert found["runs"] == 50
    assert 250 < found["p95_ms"] <= 500
    assert found["queries_per_run"] == 7
    assert found["error_rate"] == 0.1
    assert set(found["broken"]) >= {"queries", "nplusone"}


def test_an_endpoints_page_has_charts_queries_and_traces(boss, story):
    story.trace()
    store.Deploy.objects.create(at=story.now, revision="v1.4.2", by="ci")
    answer = boss.get(f"/console/endpoints/{story.operation.pk}/?window=15m")
    page = answer.content.decode()
    assert re.search(r'<script id="latency" type="application/json">.*?"limit": 200', page)
    assert '"text": "v1.4.2"' in page
    assert rows(answer, "queries")[0][3] == "100"
    assert "req-1" in page
    assert 'class="query" x="25.0" width="875.0"' in page


def test_the_list_of_queries_and_its_exports_agree(boss, story):
    answer = boss.get("/console/queries/?window=15m")
    (line,) = rows(answer, "queries")
    assert line[3] == "100"
    assert line[6:9] == ["350 ms", "5", "6.00 s"]
    assert "things/views.py:41 in thing_list" in line[1]
    (exported,) = boss.get("/console/queries/?window=15m&export=json&table=queries").json()["queries"]
    assert (exported["calls"], exported["slow"], exported["max_ms"]) == (100, 5, 350.0)
    assert exported["total_ms"] == pytest.approx(6000)
    answer = boss.get("/console/queries/?window=15m&export=csv")
    assert answer.headers["Content-Type"].startswith("text/csv")
    (as_csv,) = csv.DictReader(io.StringIO(answer.content.decode()))
    assert as_csv["calls"] == "100"
    assert as_csv["places"] == "things/views.py:41 in thing_list"


@pytest.mark.parametrize(("asked", "found"), [
    ("q=thing", 1), ("q=nowhere", 0), ("state=open", 1), ("state=muted", 0), ("min_ms=300", 1),
    ("min_ms=400", 0), ("operation=GET+/api/municipalities", 1), ("operation=other", 0), ("page=2", 1),
    ("min_ms=rubbish", 1), ("page=-1", 1), ("q=%00thing", 1), ("page=99999999999999999999", 1),
])  # fmt: skip
def test_queries_are_searched_and_filtered(boss, story, asked, found):
    assert len(boss.get(f"/console/queries/?window=15m&export=json&{asked}").json()["queries"]) == found


def test_an_export_has_the_rows_of_all_pages(boss):
    month.seed(120, 10, **month.FEW)
    page = boss.get("/console/queries/?window=15m&sort=calls&page=2")
    assert len(rows(page, "queries")) == 50
    exported = boss.get("/console/queries/?window=15m&sort=calls&page=2&export=json").json()["queries"]
    assert len({row["sql"] for row in exported}) == 120


def test_an_export_says_which_statement_it_has_not_whole(boss, story):
    long = "SELECT " + ", ".join(f"column_{number}" for number in range(500))
    store.Query.objects.filter(pk=FINGERPRINT).update(sql=long)
    for page, table in (("queries", "queries"), ("nplusone", "nplusone")):
        (exported,) = boss.get(f"/console/{page}/?window=15m&export=json").json()[table]
        assert exported["sql"] == long[:2_000] + " /* cut */"


def test_a_querys_page_tells_where_why_and_what_to_do(boss, story):
    story.plan()
    answer = boss.get(f"/console/queries/{FINGERPRINT}/?window=15m")
    page = answer.content.decode()
    (origin,) = rows(answer, "origins")
    assert origin[:4] == ["things/views.py:41 in thing_list", "GET /api/municipalities", "! open", "100"]
    assert '<span class="k">SELECT</span>' in page
    assert "CREATE INDEX CONCURRENTLY thing_name_idx ON thing (name);" in page
    assert "unchecked" in page
    assert re.search(r'class="node costly"><b>Seq Scan</b> on <code>thing</code>', page)
    assert "92.0 % of the plan&#x27;s cost" in page or "92.0 % of the plan's cost" in page
    assert rows(answer, "samples")[0][1:] == [
        "350 ms", "7", "GET /api/municipalities", "things/views.py:41 in thing_list", "req-1",
    ]  # fmt: skip


def test_the_n_plus_one_names_its_line(boss, story):
    (line,) = rows(boss.get("/console/nplusone/?window=15m"), "nplusone")
    assert line[0] == "things/views.py:41 in thing_list"
    assert line[3:5] == ["8", "5"]


def test_the_cache_page(boss, story):
    for result, calls in (("hit", 30), ("miss", 10)):
        for command, family in (("get", ""), ("", "things")):
            store.CachePeriod.objects.create(
                level=store.Level.MINUTE, start=story.now, alias="default", command=command, family=family,
                result=result, calls=calls,
            )  # fmt: skip
    answer = boss.get("/console/cache/?window=15m")
    assert rows(answer, "aliases")[0][:3] == ["default", "75.0 %", "40"]
    assert rows(answer, "families")[0][:3] == ["things", "default", "75.0 %"]


def test_the_budgets_page_has_the_gates_runs(boss, story):
    store.GateRun.objects.create(
        at=story.now, revision="abcdef0123456789", branch="main", url="https://ci.example/7",
        outcome="broken", operations=35, broken=2, report={}, by="ci",
    )  # fmt: skip
    answer = boss.get("/console/budgets/?window=15m")
    assert rows(answer, "gate-runs")[0][1:] == ["abcdef012345", "main", "✕ broken", "35", "2", "ci"]
    (line,) = rows(answer, "operations")
    assert "p95 200 ms" in line[3]
    assert "queries" in line[4]


def test_the_database_and_the_recorder_show_themselves(boss, story):
    assert rows(boss.get("/console/database/"), "tables")
    answer = boss.get("/console/recorder/")
    assert any(line[0] == "tachograph_query_period" for line in rows(answer, "tables"))
    assert "Pause recording" in answer.content.decode()


@pytest.mark.parametrize("page", ["", "endpoints/", "queries/", "nplusone/", "cache/", "budgets/"])
def test_an_empty_page_says_what_to_do(boss, page):
    shown = boss.get(f"/console/{page}").content.decode()
    assert re.search(r'class="empty">[^<]*(window|longer|Send)', shown)


@pytest.mark.parametrize("path", [
    "?window=2h", "endpoints/?sort=rubbish", "queries/?sort=rubbish", "queries/?state=rubbish",
    "queries/?export=xml", "queries/?export=csv&table=rubbish",
])  # fmt: skip
def test_bad_input_is_told_and_no_crash(boss, story, path):
    answer = boss.get(f"/console/{path}")
    assert answer.status_code == 400
    assert 'class="panel"' in answer.content.decode()


@pytest.mark.parametrize("path", ["endpoints/999999/", "endpoints/99999999999999999999/",
                                  "queries/ffffffffffffffff/", "queries/ffffffffffffffff/sql"])  # fmt: skip
def test_what_is_not_there_is_404(boss, story, path):
    assert boss.get(f"/console/{path}").status_code == 404


def test_a_statement_of_a_megabyte_is_cut_and_still_whole_as_text(boss, story):
    sql = "SELECT " + ", ".join(f'"thing"."column_{i}"' for i in range(45_000))
    assert len(sql) > 1_000_000
    story.add_query("00000000000000bb", sql, minutes=1)
    answer = boss.get("/console/queries/00000000000000bb/")
    assert len(answer.content) < 400_000
    assert "more characters are not shown" in answer.content.decode()
    assert boss.get("/console/queries/00000000000000bb/sql").content.decode() == sql
    assert len(boss.get("/console/queries/").content) < 100_000


def test_what_is_stored_cannot_become_markup(boss, story):
    evil = "SELECT '</code><script>alert(1)</script>' AS \"<img src=x onerror=alert(1)>\""
    story.add_query("00000000000000cc", evil, minutes=1)
    story.operation.name = "GET /<script>alert(2)</script>"
    story.operation.save()
    own = [f"endpoints/{story.operation.pk}/", "queries/00000000000000cc/"]
    asked = ["?window=%3Cscript%3E", "queries/?q=%22%3E%3Cscript%3E"]
    for page in ("", "endpoints/", "queries/", "nplusone/", "budgets/", *own, *asked):
        shown = boss.get(f"/console/{page}").content.decode()
        assert "<script>" not in shown
        assert "<img" not in shown


def test_a_formula_does_not_reach_a_spreadsheet(boss, story):
    story.operation.name = "=HYPERLINK(1)"
    story.operation.save()
    assert "'=HYPERLINK" in boss.get("/console/endpoints/?window=15m&export=csv").content.decode()


def test_links_keep_the_window(boss, story):
    page = boss.get("/console/?window=6h").content.decode()
    assert 'href="/console/queries/?window=6h"' in page
    assert re.search(r'href="\?window=6h" aria-current="true"', page)
