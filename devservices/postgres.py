"""A private PostgreSQL: initdb once, then a server on a free port of 127.0.0.1."""

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import psycopg
from psycopg import sql

from . import binaries
from .errors import ServiceError
from .places import owned_folder, server_user, usable_copy
from .processes import HOST, free_port, identity, spawn, stop, wait_until

NAME = "tachograph"
# A test's data need not survive a power cut.
THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


class Postgres:
    """A cluster in `folder`; its data stays there, one subfolder for each major version.

    `url` is the application's role (may create databases, is no superuser), `admin_url` the superuser's;
    both get a new password at each start. `settings` are server settings, as in postgresql.conf.
    Use it as a context manager, or call start() and stop(). Raises ServiceError.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None, port: int = 0) -> None:
        self.settings = {"max_connections": "200", **(settings or {})}
        self.port = port or free_port()
        self.user = server_user()
        original, self.source = binaries.postgresql()
        self.version = _version(original)
        self.folder = owned_folder(folder / f"postgres-{self.version.split('.')[0]}", self.user)
        tree = usable_copy(original.parent, "bin/postgres", self.folder / "programs", self.user)
        self.programs = tree / "bin"
        self.data = self.folder / "data"
        self.log = self.folder / "log"
        self._process: subprocess.Popen[bytes] | None = None
        self._passwords = {"postgres": secrets.token_urlsafe(24), NAME: secrets.token_urlsafe(24)}

    @property
    def url(self) -> str:
        return self._url(NAME)

    @property
    def admin_url(self) -> str:
        return self._url("postgres")

    @property
    def pid(self) -> int:
        if self._process is None:
            raise ServiceError("PostgreSQL is not started: call start() first.")
        return self._process.pid

    def start(self) -> Self:
        self._initdb()
        self._single_user(f"ALTER ROLE postgres PASSWORD '{self._passwords['postgres']}'")
        self._process = self._spawn()
        try:
            wait_until(self._answers, process=self._process, name="PostgreSQL", log=self.log)
            self._create_application()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, data is written."""
        if self._process is not None:
            stop(self._process, signal.SIGINT)
            self._process = None

    def discard(self) -> None:
        """Stop, and remove its folder with all data: for a cluster made for one test session."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    __enter__ = start

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _spawn(self) -> subprocess.Popen[bytes]:
        address = {"listen_addresses": HOST, "port": str(self.port), "unix_socket_directories": ""}
        options = [f"--{key}={value}" for key, value in (self.settings | address).items()]
        return spawn(
            [str(self.programs / "postgres"), "-D", str(self.data), *options],
            log=self.log,
            cwd=self.folder,
            user=self.user,
            env=_environment(),
            stop_signal=signal.SIGINT,
        )

    def _url(self, role: str) -> str:
        return f"postgres://{role}:{self._passwords[role]}@{HOST}:{self.port}/{NAME}"

    def _initdb(self) -> None:
        if (self.data / "PG_VERSION").exists():
            return
        unfinished = self.folder / "data.part"
        shutil.rmtree(unfinished, ignore_errors=True)
        self._run(
            "initdb", "--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8",
            "--no-instructions", f"--pwfile={self._password_file()}", f"--pgdata={unfinished}",
        )  # fmt: skip
        unfinished.rename(self.data)

    def _password_file(self) -> Path:
        """initdb wants a first password in a file; the one that counts is set at each start."""
        path = self.folder / "first-password"
        path.write_text(secrets.token_urlsafe(24))
        path.chmod(0o600)
        if self.user is not None:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)
        return path

    def _single_user(self, statement: str) -> None:
        output = self._run("postgres", "--single", "-D", str(self.data), "postgres", stdin=statement + "\n")
        if "ERROR:" in output:
            raise ServiceError(f"PostgreSQL refused to prepare its own role:\n{output}")

    def _run(self, program: str, *args: str, stdin: str = "") -> str:
        done = subprocess.run(
            [str(self.programs / program), *args],
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.folder,
            env=_environment(),
            text=True,
            check=False,
            **identity(self.user),
        )
        if done.returncode != 0:
            raise ServiceError(f"PostgreSQL's {program} failed:\n{done.stdout.strip()}")
        return done.stdout

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self._server_url(), connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    def _server_url(self) -> str:
        return self.admin_url.removesuffix(NAME) + "postgres"

    def _create_application(self) -> None:
        with psycopg.connect(self._server_url(), autocommit=True) as connection:
            role, database = sql.Identifier(NAME), sql.Identifier(NAME)
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [NAME]).fetchone():
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB NOSUPERUSER").format(role))
            password = sql.Literal(self._passwords[NAME])
            connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, password))
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))


def _version(programs: Path) -> str:
    """The number in "postgres (PostgreSQL) 15.18 (Debian ...)"."""
    program = programs / "postgres"
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    words = answer.stdout.split()
    if answer.returncode != 0 or len(words) < 3:
        raise ServiceError(f"{program} does not run: {answer.stderr.strip() or answer.stdout.strip()}")
    return words[2]


def _environment() -> dict[str, str]:
    """Ours without PGDATA, PGPORT, PGOPTIONS and the like, which are meant for another server."""
    return {key: value for key, value in os.environ.items() if not key.startswith("PG")}
