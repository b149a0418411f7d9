"""The relative tier: this tree against another revision of it."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from monitoring.budgets import Budget

from . import revision
from .environment import Environment
from .relative import Comparison
from .workers import Worker, WorkerError, compare_sides, started

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison, and whether being slower is an error."""

    comparison: Comparison
    failed: bool


@dataclass(frozen=True, slots=True)
class Sides:
    """Base and head, ready to be asked."""

    base: Worker
    head: Worker


@contextmanager
def sides(root: Path, against: str, lock: str, environment: Environment, tell: Tell) -> Iterator[Sides]:
    """Both revisions, each in a process of its own. Raises BudgetError when one cannot be had."""
    commit = revision.commit_of(root, against)
    with ExitStack() as stack:
        base_root = stack.enter_context(revision.worktree(root, commit))
        python = sys.executable
        if revision.differs(root, commit, lock):
            tell(f"{lock} differs: installing that of {against}")
            python = revision.python_for(base_root, lock)
        templates: Mapping[str, str] | None = environment.templates
        if revision.differs(root, commit, revision.MIGRATIONS):
            tell(f"migrations differ: migrating a database for {against}")
            templates = None
        environment.release()
        base = stack.enter_context(started("base", base_root, python, templates, root))
        head = stack.enter_context(started("head", root, sys.executable, environment.templates, root))
        yield Sides(base, head)


def compare_all(
    both: Sides, operations: Iterable[str], budget_of: Callable[[str], Budget], problems: list[str]
) -> Iterator[Compared]:
    """Compare each operation that both sides have; what fails is added to `problems` as a sentence."""
    common: Sequence[str] = both.base.operations()
    for operation in operations:
        budget = budget_of(operation)
        if operation not in common or budget.relative_max_ratio is None:
            continue
        limit, confidence = float(budget.relative_max_ratio), float(budget.relative_confidence or 0.99)
        try:
            comparison = compare_sides(both.base, both.head, operation, limit=limit, confidence=confidence)
        except WorkerError as error:
            problems.append(f"{operation} could not be compared: {error}")
            continue
        is_error = budget.level("relative") == "error"
        yield Compared(comparison, failed=comparison.outcome == "slower" and is_error)
