"""The system API: who may ask, what it answers, and what it says when something is wrong."""

import json
from datetime import timedelta

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from accounts.scenarios import client_for
from common.system_scenarios import seed_figures
from monitoring.api.parser import MAX_BYTES
from monitoring.store import models as store
from monitoring.testing import recorded
from tests.monitoring.reports import month
from tests.monitoring.reports.runs import Ended, Run, add

pytestmark = pytest.mark.django_db
A = "00000000000000aa"
GETS = [
    "/api/system/slow-queries",
    f"/api/system/slow-queries/{A}",
    "/api/metrics",
    "/api/metrics/database",
    "/api/metrics/cache",
    "/api/metrics/thresholds",
    "/api/cache/stats",
]
POSTS = ["/api/system/slow-queries/reset", "/api/system/slow-queries/reset/undo", "/api/system/gate-runs"]


@pytest.fixture
def admin():
    return client_for("admin")


@pytest.fixture
def slow():
    """A statement that was slow twice and an N+1 once."""
    now = timezone.now()
    add(Run(now, A, [0.3, 0.2, 0.01], duplicates=1), Run(now, A, [0.01] * 7, nplusone=True), Ended(now, 0.6))


def failing(error):
    """A wrapper by which the statements of the store fail, and no others."""

    def broken(execute, sql, *rest):
        if "tachograph_" in sql:
            raise error
        return execute(sql, *rest)

    return broken


def post(client, path, body):
    return client.post(path, body, content_type="application/json")


@pytest.mark.parametrize("role", ["admin", "staff", "reader", "anonymous"])
@pytest.mark.parametrize("path", [*GETS, *POSTS])
@pytest.mark.parametrize("slash", ["", "/"])
def test_admins_only(slow, path, role, slash):
    store.Reset.objects.create(at=timezone.now(), by="somebody")
    client = client_for(role)
    body = {"revision": "8d1f", "report": {"exit_code": 0}} if path.endswith("gate-runs") else {}
    answer = client.get(path + slash) if path in GETS else post(client, path + slash, body)
    if role == "admin":
        assert answer.status_code in (200, 201)
    else:
        assert answer.status_code == (401 if role == "anonymous" else 403)
        assert answer.json()["error"]["code"] in ("not_authenticated", "permission_denied")


def test_another_project_says_who_is_an_admin(settings, slow):
    settings.TACHOGRAPH = {key: value for key, value in settings.TACHOGRAPH.items() if key != "IS_ADMIN"}
    assert client_for("admin").get("/api/metrics").status_code == 403
    from accounts.models import User

    User.objects.filter(username="scenario-admin").update(is_superuser=True)
    assert client_for("admin").get("/api/metrics").status_code == 200


def test_the_worst_statements_with_all_that_is_known(slow, admin):
    add(Run(timezone.now(), "00000000000000bb", [0.001]))
    store.Plan.objects.create(
        query_id=A, at=timezone.now(), plan={}, advice=[{"statement": "CREATE INDEX CONCURRENTLY x"}]
    )
    answer = admin.get("/api/system/slow-queries").json()
    assert (answer["window"], answer["page"], answer["limit"], answer["total"]) == ("1h", 1, 50, 1)
    assert answer["threshold_ms"] == 100
    totals = answer["totals"]
    assert (totals["fingerprints"], totals["calls"], totals["slow"], totals["nplusone"]) == (1, 10, 2, 1)
    assert totals["mean_ms"] == pytest.approx(58)
    [one] = answer["data"]
    assert (one["fingerprint"], one["calls"], one["slow"]) == (A, 10, 2)
    assert one["total_ms"] == pytest.approx(580)
    assert one["max_ms"] == pytest.approx(300)
    assert one["p95_ms"] > 100
    assert one["operations"] == ["GET /api/things"]
    assert [(place["file"], place["line"]) for place in one["places"]] == [("things/views.py", 41)]
    assert one["advice"][0] == "CREATE INDEX CONCURRENTLY x"
    assert "select_related" in one["advice"][1]
    [repeated] = answer["nplusone"]
    assert (repeated["per_operation"], repeated["operation"]) == (7, "GET /api/things")


def test_the_filters_of_the_list(slow, admin):
    def found(**asked):
        answer = admin.get("/api/system/slow-queries", asked).json()
        return [one["fingerprint"] for one in answer["data"]], answer["total"]

    add(Run(timezone.now(), "00000000000000bb", [0.001], operation="GET /b"))
    assert found(min_ms=0) == ([A, "00000000000000bb"], 2)
    assert found(min_ms=0, sort="calls", limit=1, page=2) == (["00000000000000bb"], 2)
    assert found(min_ms=0, operation="GET /b") == (["00000000000000bb"], 1)
    assert found(min_ms=400) == ([], 0)
    assert found(min_ms=0, search="00bb") == (["00000000000000bb"], 1)
    assert found(state="muted") == ([], 0)


@pytest.mark.parametrize(
    ("asked", "field", "says"),
    [
        ({"window": "2d"}, "window", "choose one of 15m, 1h, 6h, 24h, 7d"),
        ({"limit": 101}, "limit", "100"),
        ({"limit": 0}, "limit", "1"),
        ({"page": "x"}, "page", "integer"),
        ({"min_ms": "nan"}, "min_ms", "number"),
        ({"min_ms": -1}, "min_ms", "0"),
        ({"sort": "worst"}, "sort", "choose one of total"),
        ({"state": "shut"}, "state", "choose one of open"),
        ({"search": "\0"}, "search", "ull"),
    ],
)
def test_a_wrong_filter_is_told(admin, asked, field, says):
    answer = admin.get("/api/system/slow-queries", asked)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["code"], list(error["fields"])) == ("invalid", [field])
    assert says in error["message"]


def test_a_page_beyond_the_end_is_404(slow, admin):
    for path in ("/api/system/slow-queries", "/api/metrics"):
        answer = admin.get(path, {"page": 2})
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_one_statement(slow, admin):
    store.QuerySample.objects.create(
        query_id=A, location=store.Location.objects.get(), operation=store.OperationKey.objects.get(),
        at=timezone.now(), duration_s=0.3, rows=3, request_id="req-1",
    )  # fmt: skip
    answer = admin.get(f"/api/system/slow-queries/{A}", {"window": "15m"}).json()
    assert answer["query"]["calls"] == 10
    assert answer["tables"] == ["thing"]
    assert sum(point["calls"] for point in answer["history"]) == 10
    assert answer["samples"][0]["request_id"] == "req-1"
    assert answer["samples"][0]["place"]["function"] == "thing_list"
    assert [one["operation"] for one in answer["origins"]] == ["GET /api/things"]
    assert answer["plan"] is None
    assert answer["index_advice"] == []


@pytest.mark.parametrize("fingerprint", ["ffffffffffffffff", "unheard-of"])
def test_a_statement_that_is_not_there_is_404(admin, fingerprint):
    answer = admin.get(f"/api/system/slow-queries/{fingerprint}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_a_reset_is_audited_and_can_be_undone(slow, admin):
    made = admin.post("/api/system/slow-queries/reset", headers={"x-request-id": "req-7"})
    assert made.status_code == 201
    answer = admin.get("/api/system/slow-queries").json()
    assert (answer["total"], answer["totals"]["calls"]) == (0, 0)
    assert answer["counted_from"] is not None
    entry = store.AuditEntry.objects.get()
    assert (entry.action, entry.user, entry.request_id) == ("reset", "scenario-admin", "req-7")
    undone = post(admin, "/api/system/slow-queries/reset/undo", {"reset": made.json()["id"]}).json()
    assert undone["undone_at"] is not None
    assert admin.get("/api/system/slow-queries").json()["totals"]["calls"] == 10


def test_what_cannot_be_undone_says_so(admin):
    answer = post(admin, "/api/system/slow-queries/reset/undo", {})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    old = store.Reset.objects.create(at=timezone.now() - timedelta(hours=2), by="somebody")
    answer = post(admin, "/api/system/slow-queries/reset/undo", {"reset": old.pk})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")
    answer = post(admin, "/api/system/slow-queries/reset/undo", {"reset": "last"})
    assert answer.status_code == 400


def test_metrics_by_class_and_operation(slow, admin):
    answer = admin.get("/api/metrics", {"window": "15m"}).json()
    [family] = answer["classes"]
    assert (family["operation_class"], family["now"]["runs"]) == ("list", 1)
    [one] = answer["data"]
    assert (one["name"], one["now"]["max_ms"]) == ("GET /api/things", pytest.approx(600))
    assert [broken["budget"] for broken in one["broken"]] == ["latency"]
    assert one["budget"]["latency_p95_ms"] == 200
    assert "sums" not in one
    assert admin.get("/api/metrics", {"search": "nothing"}).json()["data"] == []


def test_the_database_and_the_caches_speak_for_themselves(admin):
    answer = admin.get("/api/metrics/database").json()
    assert answer["is_up"]
    assert answer["connections"]["most"] > 0
    missing = admin.get("/api/metrics/database", {"alias": "none"})
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "not_found")
    for path in ("/api/metrics/cache", "/api/cache/stats"):
        answer = admin.get(path).json()
        assert answer["servers"][0]["is_up"]
        assert answer["servers"][0]["memory_bytes"] > 0


def test_the_thresholds_are_those_of_the_file(admin):
    from monitoring.budgets import budgets

    answer = admin.get("/api/metrics/thresholds").json()
    assert answer["slow_query_ms"] == budgets().recording.slow_query_ms
    by_name = {one["match"]: one["limits"] for one in answer["classes"]}
    assert by_name["class.list"]["queries_max"] == budgets().classes["list"].limits["queries_max"]
    assert {one["name"] for one in answer["thresholds"]} == set(budgets().thresholds)


def test_a_gate_run_is_kept(admin):
    report = {
        "exit_code": 1,
        "operations": [{"operation": "GET /a", "failed": True}, {"operation": "GET /b"}],
    }
    body = {"revision": "8d1f", "branch": "cadets", "url": "https://ci.example/1", "report": report}
    answer = post(admin, "/api/system/gate-runs", body)
    assert answer.status_code == 201
    assert (answer.json()["outcome"], answer.json()["operations"], answer.json()["broken"]) == (
        "broken",
        2,
        1,
    )
    assert post(admin, "/api/system/gate-runs", body).json()["id"] == answer.json()["id"]
    assert store.GateRun.objects.get().report == report


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ("{", 400, "JSON"),
        ("[]", 400, ""),
        ("null", 400, ""),
        ('{"revision": "a"}', 400, "report"),
        ('{"revision": "a", "report": []}', 400, "report"),
        ('{"revision": "a", "report": {"exit_code": 9}}', 409, "exit_code"),
        ('{"revision": "a", "report": {"exit_code": 0, "operations": "x"}}', 409, "operations"),
        ('{"revision": "a", "report": {"exit_code": 0, "x": "\\u0000"}}', 400, "NUL"),
        ('{"revision": "a", "report": {"exit_code": 0, "x": "\\ud800"}}', 400, "kept"),
        ('{"revision": "a", "report": {"exit_code": 0, "x": 1e999}}', 400, "kept"),
        ('{"revision": "a", "report": {"exit_code": 0, "x": NaN}}', 400, "JSON"),
        ('{"revision": "a", "url": "javascript:x", "report": {"exit_code": 0}}', 400, "url"),
        ("[" * 100_000, 400, "kept"),
        ('{"revision": "%s", "report": {}}' % ("a" * 65), 400, "revision"),
        ('{"revision": "%s"}' % ("a" * MAX_BYTES), 413, str(MAX_BYTES)),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_bad_report_is_told(admin, body, status, says):
    answer = post(admin, "/api/system/gate-runs", body)
    assert answer.status_code == status
    assert says in answer.json()["error"]["message"]
    assert not store.GateRun.objects.exists()


def test_a_backslash_before_u0000_is_plain_text(admin):
    body = r'{"revision": "a", "report": {"exit_code": 0, "sql": "E\\u0000"}}'
    assert post(admin, "/api/system/gate-runs", body).status_code == 201


@pytest.mark.parametrize(
    "path", [path for path in GETS if "thresholds" not in path and "database" not in path]
)
def test_a_store_that_is_down_is_503(slow, admin, path):
    """The statements of the store break; who asks is known still."""
    with connection.execute_wrapper(failing(OperationalError("server closed the connection unexpectedly"))):
        answer = admin.get(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")


def test_a_store_without_tables_says_what_to_do(slow, admin):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tachograph_operation_period RENAME TO elsewhere")
    answer = admin.get("/api/metrics")
    assert answer.status_code == 503
    assert "manage.py migrate" in answer.json()["error"]["message"]


def test_a_project_without_a_store_says_what_to_do(settings, admin):
    settings.TACHOGRAPH = settings.TACHOGRAPH | {"STORE_ALIAS": "elsewhere"}
    answer = admin.get("/api/metrics")
    assert answer.status_code == 503
    assert "STORE_ALIAS" in answer.json()["error"]["message"]
    assert admin.get("/api/metrics/thresholds").status_code == 200


def test_the_description_has_every_path_with_an_example(client):
    schema = client.get("/api/schema", {"format": "json"}).json()
    described = {
        (path, method): operation
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
        if path.startswith(("/api/system", "/api/metrics", "/api/cache"))
    }
    assert {path for path, _ in described} == {
        *(path.replace(A, "{fingerprint}") for path in GETS), *POSTS,
    }  # fmt: skip
    for operation in described.values():
        good = next(answer for code, answer in operation["responses"].items() if code.startswith("2"))
        assert good["content"]["application/json"]["examples"]
        assert operation["description"]
    listed = described["/api/system/slow-queries", "get"]
    assert {"window", "operation", "min_ms", "sort", "page", "limit"} <= {
        parameter["name"] for parameter in listed["parameters"]
    }


def test_operations_are_named_and_classed_as_the_budgets_know_them(slow, admin):
    with recorded() as operations:
        admin.get(f"/api/system/slow-queries/{A}/")
    ended = operations[-1]
    assert (ended.name, ended.operation_class) == ("GET /api/system/slow-queries/{fingerprint}", "system")


def test_it_takes_as_many_statements_for_ten_times_the_data(admin):
    numbers = []
    for size in (10, 100):
        month.clear()
        seed_figures(size)
        with recorded() as operations:
            for path in GETS:
                assert admin.get(path.replace(A, f"{0:016x}"), {}).status_code == 200
        numbers.append({operation.name: operation.queries for operation in operations})
    assert numbers[0] == numbers[1]
    assert max(numbers[0].values()) <= 15


def test_the_house_shape_without_the_projects_handler(settings, admin):
    settings.REST_FRAMEWORK = {
        key: value for key, value in settings.REST_FRAMEWORK.items() if key != "EXCEPTION_HANDLER"
    }
    for path, status, code in (
        ("/api/metrics?limit=101", 400, "invalid"),
        ("/api/system/slow-queries/ffffffffffffffff", 404, "not_found"),
    ):
        answer = admin.get(path)
        assert answer.status_code == status
        assert answer.json()["error"]["code"] == code
        assert json.dumps(answer.json()["error"]["message"])
    with connection.execute_wrapper(failing(InterfaceError("connection already closed"))):
        answer = admin.get("/api/metrics")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
