"""`budget selftest`: the gate shows on this machine that it neither cries wolf nor sleeps."""

from monitoring.budgets.gate.selftest import Trial


def test_it_catches_what_it_plants(gate, budgets_file):
    # Other work on the machine must not decide the test: what is planted is twice what is allowed.
    path = budgets_file(source=budgets_file().read_text().replace("max_ratio = 1.1,", "max_ratio = 1.5,"))

    done = gate("selftest", "--runs", "1", "--operation", "GET /books", budgets=path)

    assert done.returncode == 0, done.stdout + done.stderr
    rows = [line.split() for line in done.stdout.splitlines()[1:]]
    assert rows == [
        ["nothing", "2", "0", "100.0%"],
        ["query", "1", "1", "100.0%"],
        ["python", "1", "1", "100.0%"],
        ["sql", "1", "1", "100.0%"],
    ]


def test_an_alarm_is_right_where_something_was_planted():
    assert Trial("op", "nothing", alarmed=False, detail="").is_right
    assert Trial("op", "sql", alarmed=True, detail="").is_right
    assert not Trial("op", "nothing", alarmed=True, detail="").is_right
    assert not Trial("op", "query", alarmed=False, detail="").is_right


def test_an_operation_without_a_scenario_is_a_usage_error(gate):
    done = gate("selftest", "--operation", "GET /books/new")

    assert done.returncode == 2
    assert "hits no scenario" in done.stderr
