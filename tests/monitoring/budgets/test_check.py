"""`budget check` on a project of one app: what it lets through, what it stops, and what it leaves alone."""

import pytest
from django.core.cache import cache
from django.db import connection
from django_redis import get_redis_connection


def by_name(document):
    return {entry["operation"]: entry for entry in document["operations"]}


def findings(document):
    return {
        (finding["operation"], finding["budget"])
        for entry in document["operations"]
        for finding in entry["findings"]
    }


def test_a_project_that_keeps_its_budgets_passes(gate):
    code, document = gate.json("check")

    assert code == 0, document["problems"]
    operations = by_name(document)
    assert operations.keys() == {
        "GET /books",
        "GET /books/{pk}",
        "GET /shelves",
        "POST /books/new",
        "shelf.restock",
    }
    assert [sample["size"] for sample in operations["GET /books"]["samples"]] == [5, 50]
    # A look-up, an insert, and the book's own insert: the savepoint of get_or_create is plumbing.
    assert [sample["queries"] for sample in operations["POST /books/new"]["samples"]] == [3, 3]
    assert operations["GET /shelves"]["samples"][1]["warm_hit_rate"] == 1.0
    assert operations["GET /shelves"]["samples"][1]["queries"] == 1, "the cold call is the one that counts"


def test_growth_of_chunked_work_is_declared(gate, budgets_file):
    code, document = gate.json("check", "--operation", "shelf.restock")
    assert code == 0
    assert [sample["queries"] for sample in by_name(document)["shelf.restock"]["samples"]] == [2, 6]

    source = budgets_file().read_text().replace("growth = 4", "growth = 3")
    code, document = gate.json("check", "--operation", "shelf.restock", budgets=budgets_file(source=source))
    assert code == 1
    assert findings(document) == {("shelf.restock", "growth")}


def test_each_vice_is_named_with_its_line(gate):
    done = gate("check", faults="nplusone,duplicates,cold")

    assert done.returncode == 1, done.stdout + done.stderr
    told = done.stdout
    assert "GET /books  growth: 8 queries at 5 rows, 53 at 50" in told
    assert "GET /books  nplusone: 1 N+1, the budget is 0" in told
    assert "GET /books  duplicates: 1 repeats" in told
    assert 'FROM "shelf_author" WHERE "shelf_author"."id" = ?' in told
    assert "at tests/monitoring/budgets/sample/shelf/views.py:" in told
    assert "in list_books" in told
    assert "GET /shelves  cache: 0% of the second call's look-ups hit, the budget is 80%" in told
    assert "GET /books/{pk}  queries" not in told


def test_one_more_query_is_stopped_with_its_line(gate):
    code, document = gate.json("check", "--operation", "GET /books", faults="extra query")

    assert code == 1
    [finding] = by_name(document)["GET /books"]["findings"]
    assert finding["message"].startswith("2 queries, the budget is 1 (operation GET /books")
    added = next(line for line in finding["lines"] if '"name"::text LIKE' in line["sql"])
    assert "views.py:" in added["places"][0]


def test_one_cache_command_for_each_row_is_stopped(gate):
    code, document = gate.json("check", "--operation", "GET /books", faults="cache growth")

    assert code == 1
    assert findings(document) == {("GET /books", "cache")}


def test_a_level_of_warn_does_not_fail(gate, budgets_file):
    source = (
        budgets_file().read_text().replace("queries = { max = 1 }", 'queries = { max = 1, level = "warn" }')
    )
    code, document = gate.json(
        "check", "--operation", "GET /books", faults="extra query", budgets=budgets_file(source=source)
    )

    assert code == 0
    assert findings(document) == {("GET /books", "queries")}


def test_a_scenario_that_fails_is_no_pass(gate):
    code, document = gate.json("check", "--operation", "*books*", faults="broken")

    assert code == 2
    assert "the answer was 500" in document["problems"][0]
    assert "shelf/scenarios.py:" in document["problems"][0]
    assert "GET /books" in by_name(document), "the others are measured still"


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ('[[operation]]\nmatch = "GET /boks"\nqueries = { max = 1 }', "'GET /boks' names no operation"),
        ('"GET /boks" = 1', "pinned: 'GET /boks' names no operation"),
        (
            '[[override]]\nmatch = "GET /books"\nreason = "a long while"\nexpires = 2020-01-01\nerrors = {}',
            "it expired on 2020-01-01 (a long while)",
        ),
        ('[[operation]]\nmatch = "GET /books"\nquery = { max = 1 }', "unknown key"),
    ],
)
def test_what_budgets_toml_gets_wrong_is_exit_code_2(gate, budgets_file, more, says):
    path = budgets_file(more)
    done = gate("check", "--operation", "GET /books", budgets=path)

    assert done.returncode == 2
    told = " ".join((done.stdout + done.stderr).split())
    assert says in told
    assert f"{path}:" in told


def test_usage_errors_are_exit_code_2(gate, tmp_path):
    assert gate("check", "--operation", "nothing").returncode == 2
    assert gate("check", "--formt", "json").returncode == 2
    done = gate("list", budgets=tmp_path / "none.toml")
    assert done.returncode == 2
    assert "TACHOGRAPH['BUDGETS']" in done.stderr


def test_help_teaches(gate):
    told = gate("check", "--help").stdout

    assert "manage.py budget check --operation" in told
    assert '@scenario("GET /api/cadets", seed=seed_cadets)' in told
    assert "Exit codes: 0" in told


def namespaces(redis):
    """Of all gates that run just now."""
    return {key.split(b":")[1] for key in redis.keys("tachograph-gate:*")}


def test_the_user_s_data_is_not_touched(gate):
    redis = get_redis_connection()
    redis.set("shelf:1:total", "the user's own", ex=120)
    before, namespaces_before = set(redis.keys("shelf*")), namespaces(redis)

    assert gate("check", "--operation", "GET /shelves").returncode == 0

    assert redis.get("shelf:1:total") == b"the user's own"
    assert namespaces(redis) <= namespaces_before, "its own keys are gone"
    assert before == set(redis.keys("shelf*"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname ~ ('^test_.*' || current_database())")
        assert cursor.fetchall() == [], "its own databases are gone"
        cursor.execute("SELECT to_regclass('shelf_book')")
        assert cursor.fetchone() == (None,)
    cache.delete("total")
    redis.delete("shelf:1:total")


def test_a_sync_block_without_a_scenario_is_a_gap(gate):
    code, document = gate.json("check", faults="block without a scenario")

    assert code == 2
    [problem] = document["problems"]
    assert problem.startswith("operation shelf.count has no scenario: declare one in its app's scenarios.py")


def test_a_database_that_was_kept_is_used_again(gate):
    first = gate("check", "--operation", "GET /shelves", "--keepdb")
    again = gate("check", "--operation", "GET /shelves", "--keepdb")
    afresh = gate("check", "--operation", "GET /shelves")

    for done in (first, again, afresh):
        assert done.returncode == 0, done.stderr
        assert done.stderr == "", "nothing but the progress, which only a terminal gets"


def test_servers_that_are_not_there_are_told_in_a_sentence(gate):
    gate.environment["REDIS_URL"] = "redis://127.0.0.1:1/0"
    done = gate("check", "--operation", "GET /shelves")
    assert done.returncode == 2
    assert "The cache 'default' cannot be reached, start it" in done.stderr
    assert "Traceback" not in done.stderr


def test_list_says_which_budget_applies_and_why(gate):
    code, document = gate.json("list", "--operation", "GET *")

    assert code == 0
    listed = by_name({"operations": document})
    assert listed["GET /books"]["queries_max"] == 1
    assert listed["GET /books"]["source"] == "operation GET /books > class.detail"
    assert listed["GET /shelves"]["class"] == "report"
    assert gate("list").stdout.count("class.") > 3
