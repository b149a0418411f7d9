"""The stack's way to the database, with a real PostgreSQL and a real pgBouncer: roles, timeouts, pooling."""

import os
import subprocess
import sys
from dataclasses import dataclass

import psycopg
import pytest

from devservices.pgbouncer import PgBouncer
from devservices.postgres import Postgres
from devservices.processes import HOST
from devservices.server import secret_file
from devservices.session import throw_away_folder, throw_away_postgres

pytestmark = pytest.mark.needs("psql", "pgbouncer")

PASSWORDS = {f"{role.upper()}_PASSWORD": f"{role}-secret" for role in ("owner", "web", "worker", "exporter")}


class StackPgBouncer(PgBouncer):
    """pgBouncer with docker/pgbouncer.ini, of which only addresses and the passwords' place are changed."""

    def __init__(self, *args, ini: str, server_port: int) -> None:
        super().__init__(*args)
        self.ini, self.server_port = ini, server_port

    def prepare(self) -> None:
        lines = (f'"tachograph_{role}" "{role}-secret"\n' for role in ("web", "worker"))
        users = secret_file(self.folder / "users", "".join(lines), self.user)
        here = {
            "host=postgres port=5432": f"host={HOST} port={self.server_port}",
            "listen_addr = 0.0.0.0": f"listen_addr = {HOST}",
            "listen_port = 6432": f"listen_port = {self.port}",
            "/tmp/userlist.txt": str(users),
        }
        text = self.ini
        for stack, local in here.items():
            assert stack in text, f"docker/pgbouncer.ini has no more: {stack}"
            text = text.replace(stack, local)
        secret_file(self.folder / "pgbouncer.ini", text, self.user)


@dataclass
class Stack:
    """Addresses of the database by role: the owner's straight to PostgreSQL, the others' through the pool."""

    server_port: int
    pool_port: int = 0

    def direct(self, role: str, secret: str) -> str:
        return f"postgres://{role}:{secret}@{HOST}:{self.server_port}/tachograph"

    @property
    def owner(self) -> str:
        return self.direct("tachograph", "owner-secret")

    def pooled(self, role: str) -> str:
        return f"postgres://tachograph_{role}:{role}-secret@{HOST}:{self.pool_port}/tachograph"


@pytest.fixture(scope="module")
def stack(pytestconfig):
    docker = pytestconfig.rootpath / "docker"
    with throw_away_folder("stack") as folder, throw_away_postgres(folder) as server:
        _as_the_container_begins(server)
        _run([docker / "initdb" / "roles.sh"], _container_environment(server) | PASSWORDS)
        stack = Stack(server.port)
        _manage("migrate", "--verbosity=0", url=stack.owner, pooling="persistent")
        url = stack.direct("tachograph_web", "web-secret")
        ini = (docker / "pgbouncer.ini").read_text()
        with StackPgBouncer(folder, url, ini=ini, server_port=server.port) as pool:
            stack.pool_port = pool.port
            yield stack


def _as_the_container_begins(server: Postgres) -> None:
    """An empty database `tachograph` of the superuser's, and no role but that."""
    with psycopg.connect(server.admin_url.replace("/tachograph", "/postgres"), autocommit=True) as connection:
        connection.execute("DROP DATABASE tachograph")
        connection.execute("DROP ROLE tachograph")
        connection.execute("CREATE DATABASE tachograph")


def _container_environment(server: Postgres) -> dict[str, str]:
    password = server.admin_url.split(":")[2].split("@")[0]
    return {
        "POSTGRES_USER": "postgres",
        "POSTGRES_DB": "tachograph",
        "PGHOST": HOST,
        "PGPORT": str(server.port),
        "PGPASSWORD": password,
    }


def _run(argv: list, environment: dict[str, str]) -> None:
    done = subprocess.run(argv, env=os.environ | environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _manage(*arguments: str, url: str, pooling: str) -> None:
    settings = {"DATABASE_URL": url, "DB_POOLING": pooling, "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    _run([sys.executable, "manage.py", *arguments], settings)


def test_the_application_starts_through_the_pool(stack):
    for role in ("web", "worker"):
        _manage("migrate", "--check", url=stack.pooled(role), pooling="pgbouncer")


@pytest.mark.parametrize(("role", "timeout"), [("web", "20s"), ("worker", "30s")])
def test_each_role_has_its_statement_timeout_behind_the_pool(stack, role, timeout):
    with psycopg.connect(stack.pooled(role), prepare_threshold=None) as connection:
        assert connection.execute("SHOW statement_timeout").fetchone() == (timeout,)


@pytest.mark.parametrize("role", ["web", "worker"])
def test_the_application_reads_and_writes_rows_and_changes_no_schema(stack, role):
    with psycopg.connect(stack.pooled(role), prepare_threshold=None, autocommit=True) as connection:
        insert = "INSERT INTO django_content_type (app_label, model) VALUES (%s, 'probe') RETURNING id"
        [row] = connection.execute(insert, [role]).fetchone()
        connection.execute("DELETE FROM django_content_type WHERE id = %s", [row])
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE probe (id int)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("ALTER TABLE django_content_type ADD COLUMN probe int")


def test_nothing_of_the_application_is_a_superuser_or_passes_row_security(stack):
    with psycopg.connect(stack.owner) as connection:
        rows = connection.execute(
            "SELECT rolname FROM pg_roles WHERE rolname LIKE 'tachograph%' AND (rolsuper OR rolbypassrls)"
        ).fetchall()
    assert rows == []


def test_the_exporter_reads_statistics_and_no_data(stack):
    with psycopg.connect(
        stack.direct("tachograph_exporter", "exporter-secret"), autocommit=True
    ) as connection:
        # without pg_monitor the queries of others read "<insufficient privilege>"
        others = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE query = '<insufficient privilege>'"
        ).fetchone()
        assert others == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM django_content_type")


def test_a_wrong_password_is_refused_by_the_pool(stack):
    with pytest.raises(psycopg.OperationalError, match="auth"):
        psycopg.connect(stack.pooled("web").replace("web-secret", "guess"))
