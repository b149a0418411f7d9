"""Guards over the tree itself: what must not be in it, and what must not grow."""

import re
import subprocess

import pytest

MOST_LINES = 400
# Written by a program, and as long as what they hold.
GENERATED = (
    "requirements/",
    "grafana/dashboards/",
    "prometheus/rules/",
    "budgets.lock.json",
    "docs/benchmarks.svg",
    "docs/console-",
)
# Put together here, so that this file does not hold them.
REGISTRIES = [
    ".".join(words)
    for words in (
        ("pypi", "org"),
        ("files", "pythonhosted", "org"),
        ("deb", "debian", "org"),
        ("registry", "npmjs", "org"),
        ("proxy", "golang", "org"),
        ("docker", "io"),
        ("ghcr", "io"),
        ("quay", "io"),
    )
]
MACHINE_PATHS = re.compile(rf"(?<![\w.~-])/(?:{'|'.join(['work', 'root', 'home'])})/")


@pytest.fixture(scope="module")
def texts(pytestconfig):
    """Path -> text of every file that is committed, or would be."""
    root = pytestconfig.rootpath
    command = [
        "git",
        "-c",
        "safe.directory=*",
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    found = {}
    for name in filter(None, listed.split("\0")):
        path = root / name
        if path.is_file():
            found[name] = path.read_bytes().decode(errors="replace")
    assert "pyproject.toml" in found
    return found


@pytest.mark.parametrize("name", ["__init__", "conftest"])
def test_platform_never_becomes_a_package(repository, name):
    """It would take the place of the standard library's platform module: Django would not start."""
    assert not (repository / "platform" / f"{name}.py").exists()


@pytest.mark.parametrize("host", REGISTRIES)
def test_no_file_names_a_registry(texts, host):
    assert [name for name, text in texts.items() if host in text] == []


def test_no_file_names_a_path_of_somebodys_machine(texts):
    found = {name: MACHINE_PATHS.findall(text) for name, text in texts.items() if MACHINE_PATHS.search(text)}
    assert found == {}


def test_no_file_is_too_long_to_read(texts):
    lengths = {name: text.count("\n") for name, text in texts.items() if not name.startswith(GENERATED)}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}


def test_links_between_the_documents_lead_somewhere(texts, repository):
    dead = [
        f"{name}: {target}"
        for name, text in texts.items()
        if name.endswith(".md")
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
        if not (repository / name).parent.joinpath(target).exists()
    ]
    assert dead == []
