"""Head against base: the statistics on figures with known noise, and the whole way on two revisions."""

import os
import shutil
import subprocess
from pathlib import Path
from random import Random

import pytest

from monitoring.budgets.gate.relative import MOST_PAIRS, bounds, compare
from monitoring.budgets.gate.revision import commit_of, differs, python_for, root_of, worktree
from monitoring.budgets.gate.worker import calls_in_block
from monitoring.errors import BudgetError

PROJECT = Path(__file__).resolve().parents[3]
SAMPLE = Path(__file__).parent / "sample"


def noisy(random: Random, ms: float):
    """Blocks of a call of `ms`: the fastest of a few is some per cent over it, now and then much more."""
    return lambda: ms * (1 + random.expovariate(50) + (random.random() < 0.1) * random.random())


@pytest.mark.parametrize("seed", range(20))
def test_no_change_is_never_called_slower(seed):
    random = Random(seed)
    found = compare("op", noisy(random, 5), noisy(random, 5), limit=1.10, confidence=0.99)

    assert found.outcome == "kept"
    assert found.low <= found.ratio <= found.high


@pytest.mark.parametrize("seed", range(20))
def test_a_fifth_slower_is_found(seed):
    random = Random(seed)
    found = compare("op", noisy(random, 5), noisy(random, 6), limit=1.10, confidence=0.99)

    assert found.outcome == "slower"
    assert found.base_ms == pytest.approx(5, rel=0.05)


def test_what_stays_at_the_limit_is_inconclusive_after_thirty_pairs():
    random = Random(1)
    found = compare("op", noisy(random, 10), noisy(random, 11), limit=1.10, confidence=0.99)

    assert found.outcome == "inconclusive"
    assert found.pairs == MOST_PAIRS
    assert found.low <= 1.10 < found.high


def test_the_order_alternates():
    order = []

    def side(name):
        return lambda: order.append(name) or 1.0

    compare("op", side("base"), side("head"), limit=1.1, confidence=0.99)

    assert order[:4] == ["base", "head", "head", "base"]
    assert len(order) == 20


@pytest.mark.parametrize(("ms", "calls"), [(0.5, 100), (2, 25), (10, 10), (300, 3), (5000, 3)])
def test_a_block_is_long_enough_and_not_too_long(ms, calls):
    assert calls_in_block(ms) == calls


def test_the_bounds_widen_with_the_confidence():
    ratios = [Random(3).gauss(1, 0.1) for _ in range(10)] + [1.5, 0.7]

    low, high = bounds(ratios, 0.9)
    lower, higher = bounds(ratios, 0.99)
    assert lower <= low <= high <= higher
    assert bounds(ratios, 0.99) == (lower, higher), "the same figures give the same verdict"


@pytest.fixture
def repository_of_sample(tmp_path):
    """The sample project, committed to a repository of its own."""
    root = tmp_path / "project"
    shutil.copytree(SAMPLE, root, ignore=shutil.ignore_patterns("__pycache__"))
    budgets = root / "budgets.toml"
    # Other work on the machine must not decide the test.
    budgets.write_text(budgets.read_text().replace("max_ratio = 1.1,", "max_ratio = 1.4,"))
    (root / "requirements.txt").touch()
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "base")
    return root


def git(root, *arguments):
    return run("git", "-C", str(root), *arguments)


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_a_slower_revision_fails_and_an_equal_one_passes(gate, repository_of_sample):
    root = repository_of_sample
    views = root / "shelf" / "views.py"
    slower = "    with connection.cursor() as cursor:\n        cursor.execute('SELECT pg_sleep(0.005)')\n"
    views.write_text(views.read_text().replace('    """A report that is cached."""\n', slower))
    gate.environment["PYTHONPATH"] = os.pathsep.join(
        [gate.environment["PYTHONPATH"].split(os.pathsep)[0], str(root)]
    )

    code, document = gate.json(
        "check", "--against", "HEAD", "--lock", "requirements.txt",
        "--operation", "GET /shelves", "--operation", "GET /books", "--operation", "POST *",
        budgets=root / "budgets.toml",
    )  # fmt: skip

    outcomes = {found["operation"]: found["outcome"] for found in document["comparisons"]}
    assert outcomes["GET /shelves"] == "slower", document
    assert outcomes.keys() == {"GET /shelves", "GET /books", "POST /books/new"}
    assert outcomes["GET /books"] != "slower"
    assert document["problems"] == []
    assert code == 1
    worktrees = subprocess.run(
        ["git", "-C", str(root), "worktree", "list"], capture_output=True, text=True, check=True
    )
    assert len(worktrees.stdout.splitlines()) == 1, "the base's worktree is gone"


def test_an_unknown_revision_is_a_usage_error(gate, repository_of_sample):
    root = repository_of_sample
    done = gate("check", "--against", "nowhere", "--operation", "GET /books", budgets=root / "budgets.toml")

    assert done.returncode == 2
    assert "nowhere" in done.stderr


def test_a_revision_has_its_files_and_its_environment(repository_of_sample):
    root = repository_of_sample
    commit = commit_of(root, "HEAD")
    assert root_of(root / "budgets.toml") == root.resolve()
    assert not differs(root, commit, "requirements.txt")
    (root / "requirements.txt").write_text("# another lock\n")
    assert differs(root, commit, "requirements.txt")

    with worktree(root, commit) as base:
        assert (base / "requirements.txt").read_text() == ""
        python = python_for(base, "requirements.txt")
        said = subprocess.run(
            [python, "-c", "import sys; print(sys.prefix)"], capture_output=True, text=True, check=True
        )
        assert said.stdout.strip().startswith(str(base))
        (base / "requirements.txt").write_text("./nothing-here")
        with pytest.raises(BudgetError, match=r"requirements\.txt could not be made"):
            python_for(base, "requirements.txt")
    assert not base.exists()
