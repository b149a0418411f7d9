"""pyproject.toml, the locks and the reasons agree."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCKS = {"run": ["platform", "embedded"], "dev": ["platform", "embedded", "test", "dev"],
         "bench": ["platform", "embedded", "bench"]}  # fmt: skip
ENTRY = re.compile(
    r"^(?P<name>[\w.-]+)==(?P<version>[^\s;]+)(?P<rest>.*?)(?=^\S|\Z)", re.MULTILINE | re.DOTALL
)


@pytest.fixture(scope="module")
def pyproject(pytestconfig):
    return tomllib.loads((pytestconfig.rootpath / "pyproject.toml").read_text())


@pytest.fixture(scope="module")
def locks(pytestconfig):
    """Lock -> name -> the entry's match."""
    return {
        path.stem: {canonicalize_name(entry["name"]): entry for entry in ENTRY.finditer(path.read_text())}
        for path in (pytestconfig.rootpath / "requirements").glob("*.txt")
        if path.stem != "apt"
    }


def declared(pyproject, groups):
    lines = list(pyproject["project"]["dependencies"])
    for group in groups:
        lines += pyproject["dependency-groups"][group]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_satisfies_what_is_declared(pyproject, locks, lock):
    for requirement in declared(pyproject, LOCKS[lock]):
        entry = locks[lock].get(canonicalize_name(requirement.name))
        assert entry, f"{requirement} is not in requirements/{lock}.txt: make lock"
        assert requirement.specifier.contains(entry["version"]), (
            f"{requirement} but {entry['version']}: make lock"
        )


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_holds_nothing_that_nobody_asks_for(pyproject, locks, lock):
    asked = {canonicalize_name(requirement.name) for requirement in declared(pyproject, LOCKS[lock])}
    direct = {name for name, entry in locks[lock].items() if "tachograph (pyproject.toml" in entry["rest"]}
    assert direct == asked


def test_every_locked_file_has_a_hash(locks):
    assert {"run", "dev", "geography"} <= locks.keys()
    for entries in locks.values():
        assert [name for name, entry in entries.items() if "--hash=sha256:" not in entry["rest"]] == []


def test_developers_run_what_everybody_runs(locks):
    run, *others = (
        {name: entry["version"] for name, entry in locks[lock].items()} for lock in ("run", "dev", "bench")
    )
    for other in others:
        assert {name: version for name, version in run.items() if other.get(name) != version} == {}


def test_every_dependency_has_its_reason(pyproject, repository):
    reasons = (repository / "docs" / "decisions" / "dependencies.md").read_text()
    names = {requirement.name for requirement in declared(pyproject, [*LOCKS["dev"], "bench"])}
    told = set(re.findall(r"^- `([^`[]+)[^`]*`: \S", reasons, re.MULTILINE))
    assert sorted(names - told) == []
    assert sorted(told - names - {"barangay"}) == []
