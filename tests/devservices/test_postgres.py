import os

import psycopg
import pytest

from devservices import binaries
from devservices.postgres import Postgres


@pytest.fixture(params=["machine", "wheel"])
def source(request, monkeypatch):
    if request.param == "wheel":
        monkeypatch.setenv("TACHOGRAPH_EMBEDDED", "1")
    elif binaries.find("initdb") is None:
        pytest.skip("no PostgreSQL of the machine's own")
    return request.param


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def test_answers_as_a_role_that_is_no_superuser_and_leaves_nothing(source, folder):
    server = Postgres(folder)
    assert server.source == source
    with server, psycopg.connect(server.url) as connection:
        pid = server.pid
        role = "SELECT usesuper, usecreatedb FROM pg_user WHERE usename = current_user"
        assert connection.execute(role).fetchone() == (False, True)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    server.discard()
    assert not server.folder.exists()
