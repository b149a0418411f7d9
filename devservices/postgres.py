"""A private PostgreSQL: initdb once, then a server on a free port of 127.0.0.1."""

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg import sql

from . import binaries
from .errors import ServiceError
from .places import owned_folder, server_user, usable_wheel
from .processes import HOST, identity
from .server import Server, secret_file, version_of

NAME = "tachograph"


class Postgres(Server):
    """A cluster whose data stays in a subfolder of `folder`, one for each major version.

    `url` is the application's role (may create databases, is no superuser), `admin_url` the superuser's;
    both get a new password at each start. `settings` are server settings, as in postgresql.conf.
    """

    name = "PostgreSQL"
    stop_signal = signal.SIGINT  # a fast shutdown: open transactions are rolled back, data is written

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None, port: int = 0) -> None:
        original, self.source = binaries.postgresql()
        self.version = version_of(original / "postgres")
        self.user = server_user()
        wanted = folder / f"postgres-{self.version.split('.')[0]}"
        super().__init__(owned_folder(wanted, self.user), port)
        self.programs = original
        if self.source == "wheel":
            self.programs = usable_wheel(original, self.folder / f"programs-{self.version}", self.user)
        self.data = self.folder / "data"
        self.settings = {"max_connections": "200", **(settings or {})}
        self._passwords = {"postgres": secrets.token_urlsafe(24), NAME: secrets.token_urlsafe(24)}

    @property
    def url(self) -> str:
        return self._url(NAME, NAME)

    @property
    def admin_url(self) -> str:
        return self._url("postgres", NAME)

    def prepare(self) -> None:
        if not (self.data / "PG_VERSION").exists():
            self._initdb()
        self._single_user(f"ALTER ROLE postgres PASSWORD '{self._passwords['postgres']}'")

    def command(self) -> list[str]:
        address = {"listen_addresses": HOST, "port": str(self.port), "unix_socket_directories": ""}
        options = [f"--{key}={value}" for key, value in (self.settings | address).items()]
        return [str(self.programs / "postgres"), "-D", str(self.data), *options]

    def environment(self) -> Mapping[str, str]:
        """Ours without PGDATA, PGPORT, PGOPTIONS and the like, which are meant for another server."""
        return {key: value for key, value in os.environ.items() if not key.startswith("PG")}

    def ready(self) -> bool:
        """Answers, and the application's role and database are there."""
        try:
            connection = psycopg.connect(
                self._url("postgres", "postgres"), autocommit=True, connect_timeout=2
            )
        except psycopg.OperationalError:
            return False
        with connection:
            self._create_application(connection)
        return True

    def _url(self, role: str, database: str) -> str:
        return f"postgres://{role}:{self._passwords[role]}@{HOST}:{self.port}/{database}"

    def _initdb(self) -> None:
        """In a folder that gets its name when it is whole: a run broken off leaves no half cluster."""
        unfinished = self.folder / "data.part"
        shutil.rmtree(unfinished, ignore_errors=True)
        password = secret_file(self.folder / "first-password", secrets.token_urlsafe(24), self.user)
        self._run(
            "initdb", "--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8",
            "--no-instructions", f"--pwfile={password}", f"--pgdata={unfinished}",
        )  # fmt: skip
        password.unlink()
        unfinished.rename(self.data)

    def _single_user(self, statement: str) -> None:
        output = self._run("postgres", "--single", "-D", str(self.data), "postgres", stdin=statement + "\n")
        if "ERROR:" in output:
            raise ServiceError(f"PostgreSQL refused to set its superuser's password:\n{output}")

    def _run(self, program: str, *args: str, stdin: str = "") -> str:
        done = subprocess.run(
            [str(self.programs / program), *args],
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.folder,
            env=self.environment(),
            text=True,
            check=False,
            **identity(self.user),
        )
        if done.returncode != 0:
            raise ServiceError(f"PostgreSQL's {program} failed:\n{done.stdout.strip()}")
        return done.stdout

    def _create_application(self, connection: psycopg.Connection) -> None:
        role = database = sql.Identifier(NAME)
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [NAME]).fetchone():
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB NOSUPERUSER").format(role))
        password = sql.Literal(self._passwords[NAME])
        connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, password))
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))
