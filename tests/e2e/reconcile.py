"""The one sum of DESIGN.md: PostgreSQL's statements are our queries, and what else is known to be sent."""

from collections import Counter

from tests.e2e.figures import Figures, until
from tests.e2e.load import Request, send_all
from tests.e2e.sample.endpoints import MANY
from tests.e2e.statement_log import StatementLog, Statements
from tests.e2e.web import WebServer


def record(
    server: WebServer, log: StatementLog, asked: list[tuple[str, Request | str]]
) -> tuple[Figures, Statements]:
    """What /metrics and PostgreSQL's log say of the requests in `asked`, each after its operation's name."""
    expected = Counter(operation for operation, _ in asked)
    before = server.figures()

    def are_counted(now: Figures) -> bool:
        counted = {name: now.total("tacho_operations_total", operation=name) for name in expected}
        return counted == dict(expected)

    with log.window() as statements:
        tally = send_all(server.port, [request for _, request in asked])
        figures = until(lambda: server.figures() - before, are_counted)
    assert tally.broken == 0
    return figures, statements


def queries(statements: Statements, executemany_calls: int = 0) -> int:
    """Our queries, as the log has them: an executemany is one."""
    assert statements.count("many") == executemany_calls * MANY
    return statements.count("query") + executemany_calls


def assert_reconciled(
    figures: Figures, statements: Statements, executemany_calls: int = 0, blind: int = 0
) -> None:
    """Kind by kind, then as the sum. `blind` of the statements went by the documented blind spots."""
    shown = figures.total("tacho_db_query_duration_seconds_count", alias="default")
    plumbing = figures.total("tacho_db_plumbing_total", alias="default")
    transactions = figures.total("tacho_db_transactions_total", alias="default")
    assert shown == queries(statements, executemany_calls) - blind
    assert plumbing == statements.count("plumbing")
    assert transactions == statements.count("end") == statements.count("begin")
    expanded = shown + executemany_calls * (MANY - 1)
    round_the_wrapper = statements.count("round") + blind
    assert len(statements) == (
        expanded + plumbing + 2 * transactions + statements.count("fetch") + round_the_wrapper
    )
